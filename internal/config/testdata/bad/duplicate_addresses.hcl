virtual_server "one" {
  address = "192.0.2.15:80"
  lb_algo = "rr"
  lb_kind = "DR"
  real_servers = ["192.0.2.31"]
}
virtual_server "range" {
  addresses = ["192.0.2.10-20", "192.0.2.18-30"]
  ports     = [80, 443]
  lb_algo   = "rr"
  lb_kind   = "DR"
  real_servers = ["192.0.2.31"]
}
virtual_server "protocols" {
  addresses = ["192.0.2.0/24:443"]
  protocols = ["TCP", "UDP", "TCP", "ICMP"]
  lb_algo   = "rr"
  lb_kind   = "DR"
  real_servers = ["192.0.2.31"]
}
virtual_server "network" {
  addresses = ["192.0.2.0/24:443"]
  lb_algo   = "rr"
  lb_kind   = "DR"
  real_servers = ["192.0.2.31"]
}
virtual_server "both" {
  address   = "192.0.2.99:80"
  protocol  = "TCP"
  protocols = ["UDP"]
  lb_algo   = "rr"
  lb_kind   = "DR"
  real_servers = ["192.0.2.31"]
}
