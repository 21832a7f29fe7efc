# Each timing value comes from the innermost block that says it.
virtual_server "from-service" {
  address            = "192.0.2.10:80"
  lb_algo            = "rr"
  lb_kind            = "DR"
  delay_loop         = "11s"
  connect_timeout    = "12s"
  retry              = 13
  delay_before_retry = "14s"
  warmup             = "15s"
  inhibit_on_failure = true
  tcp_check {}

  real_server "192.0.2.31" {}
  real_server "192.0.2.32" {
    delay_loop         = "21s"
    connect_timeout    = "22s"
    retry              = 23
    delay_before_retry = "24s"
    warmup             = "25s"
    inhibit_on_failure = false
  }
  real_server "192.0.2.33" {
    delay_loop         = "21s"
    connect_timeout    = "22s"
    retry              = 23
    delay_before_retry = "24s"
    warmup             = "25s"
    tcp_check {
      delay_loop         = "31s"
      connect_timeout    = "32s"
      retry              = 0
      delay_before_retry = 0
      warmup             = 0
      rise               = 3
    }
  }
}

# A real server comes before the default probe; warmup follows delay_loop.
virtual_server "from-probe" {
  address    = "192.0.2.11:80"
  lb_algo    = "rr"
  lb_kind    = "DR"
  delay_loop = "11s"
  tcp_check {
    delay_loop      = "31s"
    connect_timeout = "32s"
  }

  real_server "192.0.2.31" {}
  real_server "192.0.2.32" { delay_loop = "21s" }
  real_servers = ["192.0.2.33"]
}

# Probes elsewhere, several of them, and none.
virtual_server "probes" {
  address    = "192.0.2.12:53"
  protocol   = "UDP"
  lb_algo    = "mh"
  lb_kind    = "DR"
  alpha      = false
  quorum     = 2
  delay_loop = 0.5
  tcp_check {
    connect_ip   = "198.51.100.1"
    connect_port = 8053
    bindto       = "198.51.100.2"
  }
  tcp_check {}

  real_server "192.0.2.31" {}
  real_server "192.0.2.32" {
    tcp_check { connect_port = 54 }
  }
}

virtual_server "unprobed" {
  address = "192.0.2.12:53"
  lb_algo = "fo"
  lb_kind = "DR"
  real_server "192.0.2.31" {}
}
