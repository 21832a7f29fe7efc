ipvs {
  sync_daemon { interface = "eth0" }
}
virtual_server "dr" {
  addresses    = ["192.0.2.1:80", "[2001:db8::1]:80"]
  lb_algo      = "rr"
  lb_kind      = "DR"
  real_servers = ["192.0.2.31", "[2001:db8::31]"]
}
virtual_server "some" {
  addresses = ["192.0.2.2:80", "[2001:db8::2]:80"]
  lb_algo   = "rr"
  lb_kind   = "NAT"
  real_server "192.0.2.31" { lvs_method = "TUN" }
  real_server "192.0.2.32" {}
  sorry_server "127.0.0.1" {}
}
virtual_server "sync" {
  address      = "192.0.2.3:80"
  lb_algo      = "rr"
  lb_kind      = "TUN"
  real_servers = ["192.0.2.31", "[2001:db8::31]"]
}
