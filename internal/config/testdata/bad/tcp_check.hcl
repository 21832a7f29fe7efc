virtual_server "web" {
  address = "192.168.25.100:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {}
  tcp_check {
    connect_ip = "192.168.25.0/24"
    connect_port = 0
    bindto = "0.0.0.0"
    rise = 0
    url = "/"
  }
}
