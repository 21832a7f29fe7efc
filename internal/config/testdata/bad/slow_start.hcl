virtual_server "own" {
  address = "192.0.2.1:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  weight  = 1
  real_server "192.0.2.31" { slow_start = "1m" }
  real_server "192.0.2.32" {
    weight     = 0
    slow_start = "1m"
  }
}
virtual_server "inherited" {
  address    = "192.0.2.2:80"
  lb_algo    = "wrr"
  lb_kind    = "DR"
  slow_start = "1m"
  real_servers = ["192.0.2.31", "192.0.2.32"]
}
virtual_server "ignored" {
  address    = "192.0.2.3:80"
  lb_algo    = "rr"
  lb_kind    = "DR"
  slow_start = "1m"
  weight     = 100
  real_servers = ["192.0.2.31", "192.0.2.32"]
}
