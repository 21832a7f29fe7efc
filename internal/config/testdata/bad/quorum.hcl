virtual_server "web" {
  address = "192.168.25.100:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  quorum = 5
  real_server "192.168.25.31" { weight = 3 }
  real_servers = ["192.168.25.32"]
}
