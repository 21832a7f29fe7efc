# Services for marked packets, and their families.
virtual_server "own-rules" {
  fwmark  = 1
  lb_algo = "rr"
  lb_kind = "DR"
  real_servers = ["[2001:db8::31]"]
}

virtual_server "match" {
  fwmark  = 2
  lb_algo = "wlc"
  lb_kind = "NAT"
  match {
    addresses = ["198.51.100.0/24", "203.0.113.7", "203.0.113.10-20"]
    ports     = [80, "8000-8010"]
    protocols = ["TCP", "UDP"]
  }
  tcp_check { connect_port = 80 }
  real_server "10.0.0.1" {}
  real_server "10.0.0.2:8080" {}
}

virtual_server "match6" {
  fwmark  = 2
  lb_algo = "wlc"
  lb_kind = "TUN"
  match {
    addresses = ["2001:db8:1::/64", "2001:db8:2::1-f"]
  }
  real_servers = ["10.0.0.1"]
}

virtual_server "ip_family" {
  fwmark    = 3
  ip_family = "inet6"
  lb_algo   = "rr"
  lb_kind   = "TUN"
  real_servers = ["10.0.0.1"]
}

virtual_server "sorry" {
  fwmark  = 4
  lb_algo = "rr"
  lb_kind = "DR"
  ops     = true
  sorry_server "127.0.0.1" {}
}

# Beside the marked packets of the same address.
virtual_server "ftp" {
  address             = "198.51.100.7:0"
  lb_algo             = "rr"
  lb_kind             = "DR"
  persistence_timeout = 60
  real_servers        = ["192.0.2.31"]
}

virtual_server "ssh" {
  address      = "198.51.100.7:22"
  lb_algo      = "rr"
  lb_kind      = "DR"
  real_servers = ["192.0.2.31"]
}
