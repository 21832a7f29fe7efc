virtual_server "web" {
  address = "192.168.25.100:80"
  lb_kind = "DR"
  real_server "192.168.25.31" {}
  lb_alg = "rr"
  foo = 1
}
