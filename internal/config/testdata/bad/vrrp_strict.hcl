vrrp_instance "all that is forbidden" {
  state                   = "MASTER"
  priority                = 150
  interface               = "eth0"
  virtual_router_id       = 1
  strict_mode             = true
  no_virtual_ipaddress    = true
  unicast_peer            = ["192.0.2.9"]
  accept                  = true
  garp_lower_prio_repeat  = 1
  lower_prio_no_advert    = false
  higher_prio_send_advert = true
  owner_ignore_adverts    = false
  use_vmac                = true
  vmac_xmit_base          = true
  authentication {
    auth_type = "PASS"
    auth_pass = "1111"
  }
}
vrrp_instance "delay" {
  interface         = "eth0"
  virtual_router_id = 2
  strict_mode       = true
  virtual_ipaddress = ["192.0.2.2"]
  preempt_delay     = 5
}
