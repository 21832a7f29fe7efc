virtual_server "web" {
  address = "192.168.25.100:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {}
  real_server "192.168.25.31:80" {}
  real_servers = ["192.168.25.31"]
}
