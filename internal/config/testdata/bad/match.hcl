virtual_server "without" {
  address = "192.0.2.1:80"
  lb_algo = "rr"
  lb_kind = "DR"
  real_servers = ["192.0.2.31"]
  match {
    addresses = ["198.51.100.0/24"]
  }
}
virtual_server "words" {
  fwmark  = 1
  lb_algo = "rr"
  lb_kind = "DR"
  real_servers = ["192.0.2.31"]
  match {
    addresses = ["198.51.100.0/33", "198.51.100.7:80", "2001:db8::/32"]
    ports     = [0]
    protocols = []
  }
}
virtual_server "families" {
  fwmark    = 2
  ip_family = "inet6"
  lb_algo   = "rr"
  lb_kind   = "TUN"
  real_servers = ["192.0.2.31"]
  match {
    addresses = ["198.51.100.0/25"]
  }
}
virtual_server "mixed" {
  fwmark  = 3
  lb_algo = "rr"
  lb_kind = "DR"
  real_servers = ["192.0.2.31"]
  match {
    addresses = ["198.51.101.0/24", "2001:db8::/32"]
  }
}
virtual_server "empty" {
  fwmark  = 4
  lb_algo = "rr"
  lb_kind = "DR"
  real_servers = ["192.0.2.31"]
  match {
    addresses = []
  }
}
virtual_server "missing" {
  fwmark  = 5
  lb_algo = "rr"
  lb_kind = "DR"
  real_servers = ["192.0.2.31"]
  match {}
}
