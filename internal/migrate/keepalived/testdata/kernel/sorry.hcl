# The quorum cannot be reached, as nobody listens: the sorry server serves.
virtual_server "192.0.2.50-80-tcp" {
  address              = "192.0.2.50:80"
  protocol             = "TCP"
  lb_algo              = "rr"
  lb_kind              = "NAT"
  quorum               = 2
  alpha                = true
  delay_loop           = "1s"
  sorry_server_inhibit = true

  sorry_server "10.0.0.99:80" {}

  real_server "127.0.0.2:9" {
    tcp_check {
      connect_timeout = "1s"
      retry           = 0
    }
  }

  real_server "127.0.0.3:9" {
    inhibit_on_failure = true

    tcp_check {
      connect_timeout = "1s"
      retry           = 0
    }
  }
}
