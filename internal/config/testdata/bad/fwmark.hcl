virtual_server "arguments" {
  fwmark     = 1
  protocol   = "TCP"
  ports      = [80]
  ha_suspend = true
  lb_algo    = "rr"
  lb_kind    = "DR"
  real_servers = ["192.0.2.31"]
}
virtual_server "protocols" {
  fwmark    = 2
  protocols = ["TCP", "UDP"]
  lb_algo   = "rr"
  lb_kind   = "DR"
  real_servers = ["192.0.2.31"]
}
virtual_server "zero" {
  fwmark  = 0
  lb_algo = "rr"
  lb_kind = "DR"
  real_servers = ["192.0.2.31"]
}
virtual_server "suspend" {
  fwmark     = 3
  ha_suspend = true
  lb_algo    = "rr"
  lb_kind    = "DR"
  real_servers = ["192.0.2.31"]
}
virtual_server "port" {
  fwmark  = 4
  lb_algo = "rr"
  lb_kind = "DR"
  real_servers = ["192.0.2.31:80"]
}
virtual_server "persistent" {
  fwmark  = 5
  lb_algo = "rr"
  lb_kind = "NAT"
  persistence_timeout = 60
  real_servers = ["192.0.2.31:80"]
}
virtual_server "probe" {
  fwmark  = 6
  lb_algo = "rr"
  lb_kind = "NAT"
  tcp_check {}
  real_servers = ["192.0.2.31"]
}
virtual_server "families" {
  fwmark  = 7
  lb_algo = "rr"
  lb_kind = "DR"
  real_servers = ["192.0.2.31", "[2001:db8::31]"]
}
virtual_server "once" {
  fwmark  = 8
  lb_algo = "rr"
  lb_kind = "DR"
  real_servers = ["192.0.2.31"]
}
virtual_server "twice" {
  fwmark  = 8
  lb_algo = "rr"
  lb_kind = "DR"
  real_servers = ["192.0.2.31"]
}
