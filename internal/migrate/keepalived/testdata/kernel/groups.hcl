# Groups: single addresses, ranges, networks, several ports, marks.
virtual_server "WEB" {
  addresses = [
    "192.0.2.20:80", # the old address
    "192.0.2.20:443",
    # a rack of them
    "192.0.2.30-192.0.2.33:80",
    "192.0.2.40-192.0.2.42:80",
  ]
  protocol = "TCP"
  lb_algo  = "wlc"
  lb_kind  = "DR"
  alpha    = false

  real_server "10.0.0.1" { weight = 10 }
  real_server "10.0.0.2" { weight = 20 }
}

virtual_server "NET" {
  addresses = ["198.51.100.0/29"]
  ports     = [25]
  protocol  = "TCP"
  lb_algo   = "rr"
  lb_kind   = "NAT"
  alpha     = false

  real_server "10.0.0.1:2525" { weight = 1 }
}

virtual_server "fwmark-7" {
  fwmark              = 7
  lb_algo             = "sh"
  lb_kind             = "DR"
  alpha               = false
  sh_port             = true
  sh_fallback         = true
  persistence_timeout = "6m"

  real_server "10.0.0.1" { weight = 1 }
  real_server "10.0.0.2" { weight = 2 }
}

virtual_server "MARKS-fwmark-3" {
  fwmark  = 3
  lb_algo = "rr"
  lb_kind = "TUN"
  alpha   = false

  real_server "10.0.0.1" { weight = 1 }
}

virtual_server "MARKS-fwmark-4" {
  fwmark    = 4
  ip_family = "inet6"
  lb_algo   = "rr"
  lb_kind   = "TUN"
  alpha     = false

  real_server "10.0.0.1" { weight = 1 }
}
