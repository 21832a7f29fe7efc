pool "web" {
  delay_loop = "6s"
  tcp_check {}
  real_server "192.0.2.31" {}
  real_server "192.0.2.31" {}
  real_servers = ["192.0.2.32:80", "[2001:db8::31]", "192.0.2.33 weight x"]
}
pool "empty" {}
pool "web" {
  real_servers = ["192.0.2.31"]
}
pool "" {
  real_servers = ["192.0.2.31"]
}
pool "good" {
  delay_loop = "6s"
  tcp_check {}
  real_servers = ["192.0.2.31", "192.0.2.32"]
}
virtual_server "https" {
  address      = "192.0.2.1:443"
  lb_algo      = "rr"
  lb_kind      = "DR"
  pool         = "web"
  real_servers = ["192.0.2.31"]
}
virtual_server "unknown" {
  address = "192.0.2.2:443"
  lb_algo = "rr"
  lb_kind = "DR"
  pool    = "god"
}
virtual_server "very-unknown" {
  address = "192.0.2.3:443"
  lb_algo = "rr"
  lb_kind = "DR"
  pool    = "databases"
}
virtual_server "timing" {
  address    = "192.0.2.4:443"
  lb_algo    = "rr"
  lb_kind    = "DR"
  pool       = "good"
  delay_loop = "3s"
}
virtual_server "duplicate" {
  address = "192.0.2.5:443"
  lb_algo = "rr"
  lb_kind = "DR"
  pool    = "good"
  real_server "192.0.2.32" {}
}
virtual_server "ports" {
  addresses = ["192.0.2.6"]
  ports     = [80, 443]
  lb_algo   = "rr"
  lb_kind   = "DR"
  pool      = "good"
}
