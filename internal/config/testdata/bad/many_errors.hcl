virtual_server "web" {
  address = "192.168.25.100:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  delay_loop = "6"
  quorum = 0
  real_server "192.168.25.300" { weight = -1 }
  real_server "192.168.25.31:81" {}
}
vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress = ["192.168.25.100/24"]
  priority = 256
  advert_int = 0
}
