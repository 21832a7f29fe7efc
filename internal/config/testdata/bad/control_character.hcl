global { router_id = "a\nb" }
vrrp_instance "a\tb" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress = ["192.0.2.1"]
}
