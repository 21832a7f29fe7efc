# From rest.cf of ldirectord.

global {
  email {
    smtp_server = "mail1.example.org:25"
    to          = ["web@example.org", "six@example.org"]
  }
}

ipvs { on_exit = "keep" }

virtual_server "shop" {
  address         = "192.0.2.10:80"
  lb_algo         = "wrr"
  lb_kind         = "NAT"
  delay_loop      = "9s"
  warmup          = "1s"
  connect_timeout = "5s"
  retry           = 0
  quorum_down = [
    "/usr/local/bin/fallback",
    "now",
    "start",
    "192.0.2.10:80",
    "tcp",
  ]
  quorum_up = [
    "/usr/local/bin/fallback",
    "now",
    "stop",
    "192.0.2.10:80",
    "tcp",
  ]
  # monitorfile = /var/log/web.log has no equivalent
  sorry_server "127.0.0.1:80" {}
  tcp_check {}
  real_server "192.0.2.31:80" { weight = 2 }
  real_server "192.0.2.32:80" { weight = 2 }
  real_server "192.0.2.33:80" { weight = 2 }

  real_server "192.0.2.34:80" {
    weight     = 1
    lvs_method = "TUN"
    uthreshold = 10
    lthreshold = 5
    tcp_check { connect_port = 8080 }
  }
}

virtual_server "192.0.2.10:514/udp" {
  address            = "192.0.2.10:514"
  protocol           = "UDP"
  ops                = true
  lb_algo            = "rr"
  flag_1             = true
  lb_kind            = "NAT"
  delay_loop         = "7s"
  warmup             = "1s"
  connect_timeout    = "5s"
  retry              = 1
  delay_before_retry = "3.5s"
  quorum_down = [
    "/bin/sh",
    "-c",
    "/usr/local/bin/fallback | logger start 192.0.2.10:514 udp",
  ]
  quorum_up = [
    "/bin/sh",
    "-c",
    "/usr/local/bin/fallback | logger stop 192.0.2.10:514 udp",
  ]

  sorry_server "127.0.0.1:80" {}
  ping_check {}
  real_server "192.0.2.31:514" { weight = 1 }
}

virtual_server "[2001:db8::10]:80" {
  address         = "[2001:db8::10]:80"
  lb_algo         = "mh"
  mh_port         = true
  mh_fallback     = true
  lb_kind         = "DR"
  delay_loop      = "7s"
  warmup          = "1s"
  connect_timeout = "2s"
  retry           = 0
  quorum_down = [
    "/usr/local/bin/fallback",
    "now",
    "start",
    "[2001:db8::10]:80",
    "tcp",
  ]
  quorum_up = [
    "/usr/local/bin/fallback",
    "now",
    "stop",
    "[2001:db8::10]:80",
    "tcp",
  ]

  sorry_server "[2001:db8::41]:80" {}
  tcp_check {}
  real_server "[2001:db8::31]:80" { weight = 1 }
}

virtual_server "fwmark 9" {
  fwmark          = 9
  lb_algo         = "wrr"
  lb_kind         = "NAT"
  delay_loop      = "7s"
  warmup          = "1s"
  connect_timeout = "5s"
  retry           = 0
  quorum_down     = ["/usr/local/bin/fallback", "start", ":0", "fwm"]
  quorum_up       = ["/usr/local/bin/fallback", "stop", ":0", "fwm"]

  tcp_check {}
  real_server "192.0.2.31:80" { weight = 1 }
  real_server "192.0.2.31:81" { weight = 1 }
}
