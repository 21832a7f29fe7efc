# From ipvs.cf of ldirectord.

virtual_server "192.0.2.20:80" {
  address     = "192.0.2.20:80"
  lb_algo     = "sh"
  sh_port     = true
  sh_fallback = true
  lb_kind     = "DR"

  real_server "192.0.2.31:80" { weight = 3 }

  real_server "192.0.2.32:80" {
    weight     = 2
    lvs_method = "NAT"
    uthreshold = 10
    lthreshold = 5
  }

  real_server "192.0.2.33:80" {
    weight     = 1
    lvs_method = "TUN"
    uthreshold = 1000
  }
}

virtual_server "192.0.2.20:443" {
  address                 = "192.0.2.20:443"
  lb_algo                 = "wrr"
  lb_kind                 = "DR"
  persistence_timeout     = "1h"
  persistence_granularity = "255.255.255.0"

  real_server "192.0.2.31:443" { weight = 1 }
}

virtual_server "192.0.2.20:53/udp" {
  address  = "192.0.2.20:53"
  protocol = "UDP"
  ops      = true
  lb_algo  = "rr"
  lb_kind  = "NAT"

  real_server "192.0.2.31:53" { weight = 1 }
}

virtual_server "fwmark 7" {
  fwmark              = 7
  lb_algo             = "wrr"
  lb_kind             = "DR"
  persistence_timeout = "60s"

  real_server "192.0.2.31" { weight = 1 }
  real_server "192.0.2.32" { weight = 2 }
}

virtual_server "fwmark 8" {
  fwmark  = 8
  lb_algo = "lc"
  lb_kind = "NAT"

  real_server "192.0.2.31:8080" { weight = 4 }
}

virtual_server "fwmark 9 IPv6" {
  fwmark    = 9
  ip_family = "inet6"
  lb_algo   = "wrr"
  lb_kind   = "DR"

  real_server "[2001:db8::31]" { weight = 1 }
}

virtual_server "[2001:db8::20]:443" {
  address                 = "[2001:db8::20]:443"
  lb_algo                 = "wrr"
  lb_kind                 = "NAT"
  persistence_timeout     = "5m"
  persistence_granularity = "64"

  real_server "[2001:db8::31]:443" { weight = 1 }
}

virtual_server "192.0.2.21:80" {
  address         = "192.0.2.21:80"
  lb_algo         = "wrr"
  lb_kind         = "NAT"
  delay_loop      = "2s"
  warmup          = "1s"
  connect_timeout = "1s"
  retry           = 0

  sorry_server "127.0.0.1:80" { lvs_method = "DR" }
  tcp_check {}
  real_server "127.0.0.2:9" { weight = 1 }
}
