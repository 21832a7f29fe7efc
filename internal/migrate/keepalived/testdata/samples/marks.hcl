# Ports that the kernel does not look at.
virtual_server "G-fwmark-1" {
  fwmark                  = 1
  lb_algo                 = "rr"
  lb_kind                 = "NAT"
  alpha                   = false
  persistence_timeout     = "50s"
  persistence_granularity = "255.255.255.0"
  # keepalived: ha_suspend
  sorry_server "10.0.0.9" {}

  real_server "10.0.0.1" {
    tcp_check {
      connect_timeout = "3s"
      connect_port    = 1358
    }
  }
}

virtual_server "G-fwmark-2" {
  fwmark                  = 2
  lb_algo                 = "rr"
  lb_kind                 = "NAT"
  alpha                   = false
  persistence_timeout     = "50s"
  persistence_granularity = "255.255.255.0"
  # keepalived: ha_suspend
  sorry_server "10.0.0.9" {}

  real_server "10.0.0.1" {
    tcp_check {
      connect_timeout = "3s"
      connect_port    = 1358
    }
  }
}

virtual_server "fwmark-3" {
  fwmark    = 3
  lb_algo   = "rr"
  lb_kind   = "NAT"
  alpha     = false
  ip_family = "inet"

  real_server "10.0.0.1:1358" {
    tcp_check { connect_timeout = "3s" }
  }
}

virtual_server "fwmark-4" {
  fwmark  = 4
  lb_algo = "rr"
  lb_kind = "DR"
  alpha   = false

  real_server "10.0.0.1" {
    tcp_check {
      connect_timeout = "3s"
      connect_port    = 1358
    }
  }
}

virtual_server "192.0.2.1-tcp" {
  address             = "192.0.2.1:0"
  protocol            = "TCP"
  lb_algo             = "rr"
  lb_kind             = "NAT"
  persistence_timeout = "6m"
  alpha               = false

  real_server "10.0.0.1" {
    tcp_check {
      connect_timeout = "3s"
      connect_port    = 8080
    }
  }
}
