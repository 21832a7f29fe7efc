vrrp_instance "peers" {
  interface         = "eth0"
  virtual_router_id = 1
  virtual_ipaddress = ["192.0.2.1"]
  unicast_peer      = ["198.51.100.2", "198.51.100.2", "2001:db8::1", "host", "198.51.100.3 min_ttl", "198.51.100.4 min_ttl 300", "198.51.100.5 min_ttl 5 max_ttl 4", "198.51.100.6 ttl 5", "198.51.100.7 min_ttl 254"]
  unicast_src_ip    = "198.51.100.2"
  mcast_dst_ip      = "224.0.0.19"
  check_unicast_src = false
  use_vmac          = true
}
vrrp_instance "no peers" {
  interface             = "eth0"
  virtual_router_id     = 2
  virtual_ipaddress     = ["192.0.2.2"]
  unicast_peer          = []
  unicast_src_ip        = "198.51.100.2"
  unicast_ttl           = 5
  unicast_fault_no_peer = true
  track_src_ip          = true
  mcast_dst_ip          = "192.0.2.9"
}
vrrp_instance "same peers" {
  interface         = "eth0"
  virtual_router_id = 1
  virtual_ipaddress = ["192.0.2.3"]
  unicast_peer      = ["198.51.100.7"]
}
vrrp_instance "other group" {
  interface         = "eth0"
  virtual_router_id = 2
  virtual_ipaddress = ["192.0.2.4"]
}
