vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress = [for n in range(1, 257) : cidrhost("10.0.0.0/16", n)]
}
