virtual_server "web" {
  address = "192.168.25.100:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {}
  sorry_server "192.168.25.31" { weight = 2 }
  sorry_server "192.168.25.41" {}
}
