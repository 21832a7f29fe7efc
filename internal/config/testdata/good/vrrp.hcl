# The forms of everything in a vrrp_instance.
vrrp_instance "owner" {
  state              = "MASTER"
  interface          = "eth0.100"
  virtual_router_id  = 255
  priority           = 255
  version            = 3
  advert_int         = "10ms"
  garp_master_repeat = 1
  garp_master_delay  = 0
  track_interface    = ["eth0.100", "eth1"]
  virtual_ipaddress = [
    "192.0.2.10",
    "192.0.2.11/24 brd + scope link label eth0.100:1",
    "192.0.2.12/24 brd - dev eth1",
    "192.0.2.13/24 label eth9:x dev eth9 brd 192.0.2.255 scope 200",
    "192.0.2.14/31",
  ]
}

vrrp_instance "longest" {
  state             = "MASTER"
  interface         = "eth1"
  virtual_router_id = 255
  priority          = 254
  advert_int        = 255
  virtual_ipaddress = ["192.0.2.20 scope host", "192.0.2.21 scope site", "192.0.2.22 scope global"]
  track_interface   = ["eth2 weight -253", "eth3 weight 253", "eth4 weight 0"]
  authentication {
    auth_type = "PASS"
    auth_pass = "12345678"
  }
}

vrrp_instance "waits" {
  interface         = "eth2"
  virtual_router_id = 1
  priority          = 1
  version           = 3
  advert_int        = "40.95s"
  nopreempt         = true
  virtual_ipaddress = ["192.0.2.30/24"]
  notify            = "/etc/ldirector/notify.sh 'two words' \"a \\\"b\\\"\" c\\ d"
  notify_master     = ["/bin/sh", "-c", "echo $1", "", "x"]
  notify_backup     = "touch /run/backup"
  notify_fault      = ["/bin/fault"]
  notify_stop       = ["/bin/stop"]
}
