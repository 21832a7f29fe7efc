vrrp_instance "delay with nopreempt" {
  interface         = "eth0"
  virtual_router_id = 1
  virtual_ipaddress = ["192.0.2.1"]
  nopreempt         = true
  preempt_delay     = 5
}
vrrp_instance "delay of a master" {
  state             = "MASTER"
  priority          = 150
  interface         = "eth0"
  virtual_router_id = 2
  virtual_ipaddress = ["192.0.2.2"]
  preempt_delay     = 5
}
vrrp_instance "delay of an owner" {
  priority           = 255
  interface          = "eth0"
  virtual_router_id  = 3
  virtual_ipaddress  = ["192.0.2.3"]
  preempt_delay      = 5
  no_accept          = true
  down_timer_adverts = 0
}
vrrp_instance "both words" {
  interface         = "eth0"
  virtual_router_id = 4
  virtual_ipaddress = ["192.0.2.4"]
  accept            = true
  no_accept         = true
  on_address_loss   = "Backup"
  on_conflict       = "fight"
}
vrrp_instance "addresses and none" {
  interface            = "eth0"
  virtual_router_id    = 5
  virtual_ipaddress    = ["192.0.2.5"]
  no_virtual_ipaddress = true
}
vrrp_instance "no addresses" {
  interface         = "eth0"
  virtual_router_id = 6
}
