vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress = ["192.168.25.100/24"]
  version = 3
  authentication {
    auth_type = "PASS"
    auth_pass = "1111"
  }
}
