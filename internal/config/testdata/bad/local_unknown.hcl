locals { port = 80 }
virtual_server "web" {
  address = "192.168.25.100:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  quorum = local.prot
  real_server "192.168.25.31" {}
}
