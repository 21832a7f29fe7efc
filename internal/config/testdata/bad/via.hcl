virtual_server "nat" {
  address = "192.168.25.100:80"
  lb_algo = "wrr"
  lb_kind = "NAT"
  tcp_check { via = "vip" }
  real_server "192.168.25.31" {}
}
virtual_server "direct" {
  address = "192.168.25.101:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {
    tcp_check { via = "tunnel" }
    tcp_check { via = "VIP" }
    tcp_check {
      via    = "vip"
      fwmark = 7
    }
    tcp_check {
      via       = "vip"
      bind_port = 1024
    }
  }
}
virtual_server "mark" {
  fwmark  = 16777217
  lb_algo = "wrr"
  lb_kind = "DR"
  tcp_check {
    via          = "vip"
    connect_port = 80
  }
  real_server "192.168.25.31" {}
}
