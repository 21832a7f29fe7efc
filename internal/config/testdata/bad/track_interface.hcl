vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress = ["192.168.25.100/24"]
  track_interface = ["eth1 wight 3", "eth2 weight 254", "eth/3", "eth4", "eth4 weight 5", "eth0 weight 5"]
}
