# Named checks act as if they were written where they are named.
check "http" {
  tcp_check {
    connect_port = 80
    retry        = 7
  }
}
check "both" {
  tcp_check { connect_port = 81 }
  tcp_check {
    connect_port = 82
    delay_loop   = "3s"
  }
}

virtual_server "web" {
  address    = "192.0.2.10:80"
  lb_algo    = "rr"
  lb_kind    = "DR"
  delay_loop = "11s"
  checks     = ["http", "both"]
  check_mode = "any"
  tcp_check {}

  real_server "192.0.2.31" {}
  real_server "192.0.2.32" {
    delay_loop = "21s"
    checks     = ["both"]
    check_mode = "all"
  }
  real_server "192.0.2.33" {
    tcp_check { connect_port = 83 }
  }
}

pool "p" {
  connect_timeout = "2s"
  checks          = ["http"]
  check_mode      = "any"
  real_servers    = ["192.0.2.41"]
  real_server "192.0.2.42" {
    checks = ["both"]
  }
}

virtual_server "pool" {
  address    = "192.0.2.11:80"
  lb_algo    = "rr"
  lb_kind    = "DR"
  delay_loop = "11s"
  pool       = "p"
  tcp_check {}
  real_server "192.0.2.43" {}
}

# Where probes come from and go to.
virtual_server "paths" {
  address = "192.0.2.12:80"
  lb_algo = "rr"
  lb_kind = "DR"
  real_server "192.0.2.31" {
    tcp_check {
      bindto    = "192.0.2.1"
      bind_port = 1024
      bind_if   = "eth1"
      fwmark    = 256
    }
    tcp_check { bind_port = 1025 }
    tcp_check {
      connect_ip = "2001:db8::1"
      bind_port  = 1025
    }
  }
}
