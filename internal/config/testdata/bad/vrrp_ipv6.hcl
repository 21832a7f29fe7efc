vrrp_instance "version 2" {
  interface         = "eth0"
  virtual_router_id = 1
  version           = 2
  virtual_ipaddress = ["fe80::1/64"]
}
vrrp_instance "no link-local address" {
  interface         = "eth0"
  virtual_router_id = 2
  virtual_ipaddress = ["2001:db8::2/64", "fe80::2/64"]
}
vrrp_instance "both families" {
  interface         = "eth0"
  virtual_router_id = 3
  virtual_ipaddress = ["fe80::3/64", "192.0.2.3"]
}
vrrp_instance "words of IPv4" {
  interface         = "eth0"
  virtual_router_id = 4
  virtual_ipaddress = ["fe80::4/64", "2001:db8::4/64 brd +", "2001:db8::5/64 label eth0:1", "2001:db8::6/64 scope link", "2001:db8:1::/64", "2001:db8::7/129", "2001:db8::8%eth0", "::ffff:192.0.2.1"]
}
vrrp_instance "words of IPv6" {
  interface         = "eth0"
  virtual_router_id = 5
  virtual_ipaddress = ["192.0.2.5 home", "192.0.2.6 -nodad", "192.0.2.7 mngtmpaddr"]
}
vrrp_instance "too many" {
  interface         = "eth0"
  virtual_router_id = 6
  virtual_ipaddress = concat(["fe80::6"], [for n in range(1, 91) : cidrhost("2001:db8:6::/64", n)])
}
vrrp_instance "authentication" {
  interface         = "eth0"
  virtual_router_id = 7
  virtual_ipaddress = ["fe80::7"]
  authentication {
    auth_type = "PASS"
    auth_pass = "1111"
  }
}
vrrp_instance "families of sources" {
  interface         = "eth0"
  virtual_router_id = 8
  virtual_ipaddress = ["fe80::8"]
  mcast_src_ip      = "192.0.2.1"
  mcast_dst_ip      = "224.0.0.18"
}
vrrp_instance "source that is not link-local" {
  interface         = "eth0"
  virtual_router_id = 9
  virtual_ipaddress = ["fe80::9"]
  mcast_src_ip      = "2001:db8::1"
}
