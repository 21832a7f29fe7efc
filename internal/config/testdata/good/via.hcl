# Probes through the forwarding path: each path has one mark.
virtual_server "direct" {
  addresses = ["192.0.2.10:80", "192.0.2.11:80"]
  lb_algo   = "rr"
  lb_kind   = "DR"
  tcp_check { via = "vip" }
  real_server "192.0.2.31" {}
  real_server "192.0.2.32" {
    tcp_check {}
    tcp_check {
      via     = "vip"
      bindto  = "192.0.2.1"
      bind_if = "eth1"
    }
  }
  real_server "192.0.2.33" {
    lvs_method = "TUN"
    tcp_check { via = "tunnel" }
  }
  real_server "192.0.2.34" {
    lvs_method = "NAT"
    tcp_check {}
  }
}

virtual_server "same-paths" {
  address = "192.0.2.12:80"
  lb_algo = "rr"
  lb_kind = "DR"
  tcp_check { via = "vip" }
  real_servers = ["192.0.2.31", "192.0.2.32"]
}

virtual_server "mark" {
  fwmark  = 7
  lb_algo = "rr"
  lb_kind = "TUN"
  tcp_check {
    via          = "tunnel"
    connect_ip   = "2001:db8::10"
    connect_port = 80
    bindto       = "2001:db8::1"
    bind_port    = 1024
  }
  real_servers = ["192.0.2.31"]
}
