virtual_server "wrr" {
  address     = "192.0.2.1:80"
  lb_algo     = "wrr"
  lb_kind     = "DR"
  sh_port     = true
  mh_fallback = true
  ops         = true
  real_servers = ["192.0.2.31"]
}
virtual_server "mh" {
  addresses   = ["192.0.2.2:80"]
  protocols   = ["UDP", "TCP"]
  lb_algo     = "mh"
  lb_kind     = "DR"
  sh_fallback = true
  mh_fallback = false
  ops         = true
  real_servers = ["192.0.2.31"]
}
