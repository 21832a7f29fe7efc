virtual_server "large" {
  address    = "192.0.2.1:80"
  lb_algo    = "rr"
  lb_kind    = "DR"
  hysteresis = 1
  real_servers = ["192.0.2.31"]
}
virtual_server "reach" {
  address    = "192.0.2.2:80"
  lb_algo    = "rr"
  lb_kind    = "DR"
  quorum     = 2
  hysteresis = 1
  real_servers = ["192.0.2.31", "192.0.2.32"]
}
virtual_server "sorry" {
  address              = "192.0.2.3:80"
  lb_algo              = "rr"
  lb_kind              = "DR"
  sorry_server_inhibit = true
  quorum_up            = "notify/up"
  real_servers         = ["192.0.2.31"]
}
