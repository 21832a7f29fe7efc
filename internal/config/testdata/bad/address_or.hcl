virtual_server "two" {
  address   = "192.0.2.1:80"
  addresses = ["192.0.2.2:80"]
  lb_algo   = "rr"
  lb_kind   = "DR"
  real_servers = ["192.0.2.31"]
}
virtual_server "mark-too" {
  address = "192.0.2.1:80"
  fwmark  = 1
  lb_algo = "rr"
  lb_kind = "DR"
  real_servers = ["192.0.2.31"]
}
virtual_server "none" {
  lb_algo = "rr"
  lb_kind = "DR"
  real_servers = ["192.0.2.31"]
}
virtual_server "mistyped" {
  adresses = ["192.0.2.2:80"]
  lb_algo  = "rr"
  lb_kind  = "DR"
  real_servers = ["192.0.2.31"]
}
virtual_server "ports" {
  address = "192.0.2.1"
  ports   = [80]
  lb_algo = "rr"
  lb_kind = "DR"
  real_servers = ["192.0.2.31"]
}
virtual_server "family" {
  address   = "192.0.2.1:80"
  ip_family = "inet"
  lb_algo   = "rr"
  lb_kind   = "DR"
  real_servers = ["192.0.2.31"]
}
