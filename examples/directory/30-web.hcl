virtual_server "http" {
  address = "${local.vip}:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  pool    = "web"
}

virtual_server "https" {
  address             = "${local.vip}:443"
  lb_algo             = "wlc"
  lb_kind             = "DR"
  persistence_timeout = "5m"
  pool                = "web"
}
