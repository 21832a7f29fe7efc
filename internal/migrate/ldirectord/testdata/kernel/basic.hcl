# From basic.cf of ldirectord.

virtual_server "192.0.2.10:80" {
  address = "192.0.2.10:80"
  lb_algo = "wlc"
  lb_kind = "DR"

  real_server "192.0.2.31:80" { weight = 1 }
  real_server "192.0.2.32:80" { weight = 5 }
  real_server "192.0.2.33:80" { weight = 0 }
}

virtual_server "192.0.2.10:8080" {
  address             = "192.0.2.10:8080"
  lb_algo             = "wrr"
  lb_kind             = "NAT"
  persistence_timeout = "10m"

  real_server "192.0.2.31:80" { weight = 1 }
  real_server "192.0.2.32:8081" { weight = 3 }
}

virtual_server "192.0.2.10:514/udp" {
  address  = "192.0.2.10:514"
  protocol = "UDP"
  lb_algo  = "rr"
  lb_kind  = "NAT"

  real_server "192.0.2.31:514" { weight = 7 }
  real_server "192.0.2.32:514" { weight = 7 }
}

virtual_server "192.0.2.11:25" {
  address         = "192.0.2.11:25"
  lb_algo         = "wrr"
  lb_kind         = "NAT"
  delay_loop      = "2s"
  warmup          = "1s"
  connect_timeout = "1s"
  retry           = 0

  sorry_server "127.0.0.1:25" {}
  tcp_check {}
  real_server "127.0.0.2:9" { weight = 1 }
}

virtual_server "192.0.2.12:25" {
  address            = "192.0.2.12:25"
  lb_algo            = "wrr"
  lb_kind            = "NAT"
  delay_loop         = "2s"
  warmup             = "1s"
  connect_timeout    = "1s"
  retry              = 0
  inhibit_on_failure = true

  tcp_check {}
  real_server "127.0.0.2:7" { weight = 2 }
  real_server "127.0.0.2:9" { weight = 3 }
}

virtual_server "[2001:db8::10]:80" {
  address = "[2001:db8::10]:80"
  lb_algo = "wrr"
  lb_kind = "DR"

  real_server "[2001:db8::31]:80" { weight = 1 }
  real_server "[2001:db8::32]:80" { weight = 2 }
}
