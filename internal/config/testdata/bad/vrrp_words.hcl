bfd_instance "peer" {}
vrrp_instance "VI_1" {
  interface            = "eth0"
  virtual_router_id    = 1
  virtual_ipaddress    = ["192.0.2.1"]
  use_ipvlan           = true
  timer_expired_backup = true
  vrrp_strict          = true
  track_bfd            = ["peer"]
}
vrrp_sync_group "SG" {
  group      = ["VI_1"]
  smtp_alert = true
}
