pool "web" {
  weight     = 10
  slow_start = "1m"
  delay_loop = "6s"
  tcp_check { connect_port = 80 }
  real_server "192.0.2.31" {
    weight      = 2
    notify_up   = "/bin/up 31"
    notify_down = ["/bin/down", "31"]
  }
  real_server "192.0.2.32" {
    uthreshold = 100
    lthreshold = 80
    retry      = 3
    tcp_check { connect_port = 81 }
  }
  real_servers = ["192.0.2.33", "192.0.2.34 weight 4 lthreshold 7 uthreshold 9"]
}

virtual_server "http" {
  address = "192.0.2.10:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  pool    = "web"
}

# The same probes, and a server with one of its own.
virtual_server "https" {
  address            = "192.0.2.10:443"
  lb_algo            = "wrr"
  lb_kind            = "DR"
  pool               = "web"
  inhibit_on_failure = true
  uthreshold         = 1000
  delay_loop         = "2s"
  tcp_check {}
  real_servers = ["192.0.2.41"]
}

pool "bare" {
  connect_timeout = "1s"
  real_servers    = ["192.0.2.51"]
}

# A pool without probes takes those of its user.
virtual_server "user" {
  address    = "192.0.2.11:80"
  lb_algo    = "wrr"
  lb_kind    = "DR"
  pool       = "bare"
  delay_loop = "3s"
  tcp_check {}
}
