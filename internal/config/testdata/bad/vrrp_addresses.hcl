vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 1
  virtual_ipaddress = [
    "192.0.2.1/24 peer 192.0.2.2",
    "192.0.2.3 peer 2001:db8::1",
    "192.0.2.4 preferred_lft -1",
    "192.0.2.5 preferred_lft soon",
    "192.0.2.6 track_group lost",
    "192.0.2.7 autojoin",
    "192.0.2.8 no_track no_track",
    "192.0.2.9 dev",
    "224.0.0.1 autojoin",
  ]
  virtual_ipaddress_excluded = ["192.0.2.10", "192.0.2.10", "x"]
}
vrrp_instance "VI_2" {
  interface                  = "eth0"
  virtual_router_id          = 2
  virtual_ipaddress          = ["192.0.2.10"]
  virtual_ipaddress_excluded = ["2001:db8::1/64"]
  use_vmac                   = true
}
