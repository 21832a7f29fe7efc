virtual_server "first" {
  fwmark  = 1
  lb_algo = "rr"
  lb_kind = "DR"
  real_servers = ["192.0.2.31"]
  match {
    addresses = ["198.51.100.0/24", "203.0.113.0/24"]
    ports     = [80, "8000-8010"]
  }
}
virtual_server "same-addresses" {
  fwmark  = 2
  lb_algo = "rr"
  lb_kind = "DR"
  real_servers = ["192.0.2.31"]
  match {
    addresses = ["198.51.100.128-200"]
    ports     = ["8010-8020"]
  }
}
virtual_server "other-ports" {
  fwmark  = 3
  lb_algo = "rr"
  lb_kind = "DR"
  real_servers = ["192.0.2.31"]
  match {
    addresses = ["198.51.100.0/24"]
    ports     = [443]
  }
}
virtual_server "other-protocol" {
  fwmark  = 4
  lb_algo = "rr"
  lb_kind = "DR"
  real_servers = ["192.0.2.31"]
  match {
    addresses = ["198.51.100.0/24"]
    protocols = ["UDP"]
  }
}
virtual_server "everything" {
  fwmark  = 5
  lb_algo = "rr"
  lb_kind = "DR"
  real_servers = ["192.0.2.31"]
  match {
    addresses = ["203.0.112.0-203.0.113.7"]
  }
}
virtual_server "hidden" {
  addresses = ["203.0.113.10-20:80", "192.0.2.1:80"]
  lb_algo   = "rr"
  lb_kind   = "DR"
  real_servers = ["192.0.2.31"]
}
virtual_server "seen" {
  addresses = ["203.0.113.10-20:81"]
  lb_algo   = "rr"
  lb_kind   = "DR"
  real_servers = ["192.0.2.31"]
}
