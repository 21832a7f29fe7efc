# Several services of the kernel with the same real servers.
virtual_server "ranges" {
  addresses = ["192.0.2.10", "192.0.2.12-13", "192.0.2.20-192.0.2.21", "192.0.2.32/31", "192.0.2.40:8080"]
  ports     = [80, "443-444"]
  lb_algo   = "wlc"
  lb_kind   = "NAT"
  tcp_check { connect_port = 80 }
  real_servers = ["10.0.0.1", "10.0.0.2:8000"]
}

virtual_server "protocols" {
  addresses = ["[2001:db8::10]:53", "[2001:db8::e-11]:54", "[2001:db8::20/127]:53"]
  protocols = ["TCP", "UDP", "SCTP"]
  lb_algo   = "rr"
  lb_kind   = "DR"
  real_servers = ["[2001:db8::31]"]
}

# One port: the same as if it were written.
virtual_server "one-port" {
  addresses = ["192.0.2.50-52:80"]
  lb_algo   = "rr"
  lb_kind   = "DR"
  real_servers = ["192.0.2.31", "192.0.2.32:80"]
}

# All ports beside one.
virtual_server "all-ports" {
  addresses           = ["192.0.2.60:0", "192.0.2.60:80"]
  lb_algo             = "rr"
  lb_kind             = "DR"
  persistence_timeout = "5m"
  real_servers        = ["192.0.2.31"]
}

# Both families, for everything goes through tunnels.
virtual_server "both-families" {
  addresses    = ["192.0.2.70:80", "[2001:db8::70]:80"]
  lb_algo      = "rr"
  lb_kind      = "TUN"
  real_servers = ["192.0.2.31", "[2001:db8::31]"]
}

virtual_server "network" {
  addresses    = ["198.51.100.0/24"]
  ports        = [80]
  lb_algo      = "rr"
  lb_kind      = "DR"
  real_servers = ["192.0.2.31"]
}
