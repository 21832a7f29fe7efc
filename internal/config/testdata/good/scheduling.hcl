virtual_server "sh" {
  address     = "192.0.2.10:80"
  lb_algo     = "sh"
  lb_kind     = "DR"
  sh_port     = true
  sh_fallback = true
  sorry_server "127.0.0.1" {}
}

virtual_server "mh" {
  address = "192.0.2.11:80"
  lb_algo = "mh"
  lb_kind = "DR"
  mh_port = true
  sh_port = false
  sorry_server "127.0.0.1" {}
}

virtual_server "flags" {
  address = "192.0.2.12:53"
  lb_algo = "rr"
  lb_kind = "DR"
  flag_3  = true
  ops     = true
  protocols = ["UDP"]
  sorry_server "127.0.0.1" {}
}

virtual_server "mask" {
  address                 = "192.0.2.13:80"
  lb_algo                 = "rr"
  lb_kind                 = "DR"
  persistence_granularity = "255.255.240.0"
  sorry_server "127.0.0.1" {}
}

virtual_server "length" {
  address                 = "[2001:db8::13]:80"
  lb_algo                 = "rr"
  lb_kind                 = "DR"
  persistence_granularity = 64
  persistence_timeout     = "2m"
  sorry_server "[::1]" {}
}

virtual_server "sip" {
  address             = "192.0.2.14:5060"
  protocol            = "UDP"
  lb_algo             = "rr"
  lb_kind             = "DR"
  persistence_timeout = 60
  persistence_engine  = "sip"
  ops                 = true
  sorry_server "127.0.0.1" {}
}

virtual_server "quorum" {
  address              = "192.0.2.15:80"
  protocol             = "SCTP"
  lb_algo              = "wrr"
  lb_kind              = "DR"
  quorum               = 3
  hysteresis           = 2
  quorum_up            = "/bin/announce 192.0.2.15"
  quorum_down          = ["/bin/withdraw", "192.0.2.15"]
  alpha                = false
  omega                = true
  ha_suspend           = true
  sorry_server_inhibit = true
  sorry_server "127.0.0.1" {}
  real_servers = ["192.0.2.31 weight 3", "192.0.2.32 weight 2"]
}
