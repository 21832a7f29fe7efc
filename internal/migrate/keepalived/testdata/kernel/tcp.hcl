# Two services of different protocols over NAT and DR, with everything that
# acts on a table: weights, inhibit_on_failure, persistence, methods.
virtual_server "192.0.2.10-80-tcp" {
  address                 = "192.0.2.10:80"
  protocol                = "TCP"
  lb_algo                 = "wrr"
  lb_kind                 = "NAT"
  alpha                   = false
  delay_loop              = "5s"
  persistence_timeout     = "2m"
  persistence_granularity = "255.255.255.0"

  sorry_server "10.0.0.99:8080" {}

  real_server "10.0.0.1:8080" {
    weight = 3
    tcp_check { connect_timeout = "1s" }
  }

  real_server "10.0.0.2:8080" {
    weight             = 0
    inhibit_on_failure = true
    tcp_check { connect_timeout = "1s" }
  }

  real_server "10.0.0.3:80" {
    lvs_method = "TUN"
    tcp_check { connect_timeout = "1s" }
  }
}

virtual_server "192.0.2.10-53-udp" {
  address  = "192.0.2.10:53"
  protocol = "UDP"
  lb_algo  = "rr"
  lb_kind  = "DR"
  alpha    = false
  ops      = true

  real_server "10.0.0.1:53" { weight = 2 }
  real_server "10.0.0.2:53" { weight = 5 }
}

virtual_server "192.0.2.11-tcp" {
  address             = "192.0.2.11:0"
  protocol            = "TCP"
  lb_algo             = "wlc"
  lb_kind             = "DR"
  alpha               = false
  persistence_timeout = "5m"

  real_server "10.0.0.1" { weight = 1 }
  real_server "10.0.0.2" { weight = 1 }
}
