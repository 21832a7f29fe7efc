virtual_server "mark" {
  fwmark  = 16777217
  lb_algo = "wrr"
  lb_kind = "TUN"
  tcp_check {
    via          = "vip"
    connect_ip   = "192.168.25.100"
    connect_port = 80
  }
  real_server "192.168.25.31" {}
}
virtual_server "families" {
  address = "192.168.25.100:80"
  lb_algo = "wrr"
  lb_kind = "TUN"
  tcp_check { via = "vip" }
  real_server "192.168.25.31" {}
  real_server "[2001:db8::31]" {}
}
