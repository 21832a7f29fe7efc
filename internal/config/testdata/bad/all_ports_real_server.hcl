virtual_server "web" {
  address = "192.168.25.100:0"
  lb_algo = "wrr"
  lb_kind = "NAT"
  persistence_timeout = 360
  tcp_check {}
  real_server "192.168.25.31:80" {}
  real_server "192.168.25.32" {}
}
