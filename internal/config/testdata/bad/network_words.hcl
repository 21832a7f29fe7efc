virtual_server "web" {
  address = "192.168.25.100:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {}
  tcp_check {
    bind_port = 65536
    bind_if   = "a/b"
    fwmark    = -1
  }
  tcp_check { fwmark = 16777216 }
}
