# What IPVS can do, by forwarding method and address family.
virtual_server "nat" {
  address = "192.0.2.10:1122"
  lb_algo = "lc"
  lb_kind = "NAT"
  real_server "10.0.0.1:22" {}
  real_server "10.0.0.2:2222" {}
  real_servers = ["10.0.0.3", "10.0.0.4:22 weight 0"]
  sorry_server "10.0.0.9:23" {}
}

virtual_server "nat6" {
  address = "[2001:db8::10]:80"
  lb_algo = "wlc"
  lb_kind = "NAT"
  real_server "[fd00::1]:8080" {}
  real_server "[fd00::2]" {}
}

virtual_server "dr6" {
  address = "[2001:db8::11]:80"
  lb_algo = "sh"
  lb_kind = "DR"
  real_server "[2001:db8::31]:80" {}
}

# Only a tunnel can have its inner and outer packet in different families.
virtual_server "tun" {
  address = "192.0.2.12:80"
  lb_algo = "sed"
  lb_kind = "TUN"
  real_server "198.51.100.1" {}
  real_server "[2001:db8::31]:80" {}
}

virtual_server "all-ports" {
  address             = "192.0.2.13:0"
  lb_algo             = "dh"
  lb_kind             = "DR"
  persistence_timeout = 360
  tcp_check { connect_port = 22 }
  real_server "192.0.2.31" {}
  real_server "192.0.2.32:0" {}
}

# Closed for maintenance.
virtual_server "sorry" {
  address = "192.0.2.14:80"
  lb_algo = "rr"
  lb_kind = "DR"
  sorry_server "127.0.0.1" {}
}
