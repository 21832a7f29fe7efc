global {
  lvs_sync_daemon = "eth0"
  lvs_timeouts    = "tcp 900"
}
quorum = 2
ipvs {
  lvs_flush = true
}
virtual_server "web" {
  address   = "192.168.25.100:80"
  lb_algo   = "sh"
  lb_kind   = "DR"
  sh-port   = true
  interface = "eth0"
  real_server "192.168.25.31" {
    quorum  = 1
    lb_kind = "TUN"
    rise    = 3
  }
  virtual_server_group "x" {}
}
