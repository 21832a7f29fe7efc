global {
  email {
    to       = []
    password = "a"
  }
  webhook "a" {}
}
vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress = ["192.0.2.10"]
  smtp_alert        = true
}
