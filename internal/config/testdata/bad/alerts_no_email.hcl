vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress = ["192.0.2.10"]
  smtp_alert        = true
}
virtual_server "web" {
  address    = "192.0.2.10:80"
  lb_algo    = "rr"
  lb_kind    = "DR"
  smtp_alert = true
  real_server "192.0.2.31" { smtp_alert = true }
  real_server "192.0.2.32" { smtp_alert = false }
}
