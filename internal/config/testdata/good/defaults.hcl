# Nothing but what has to be said.
vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress = ["192.0.2.10"]
}

virtual_server "web" {
  address = "192.0.2.10:80"
  lb_algo = "rr"
  lb_kind = "NAT"
  tcp_check {}
  real_server "10.0.0.1" {}
}
