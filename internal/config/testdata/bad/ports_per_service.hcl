virtual_server "dr" {
  addresses = ["192.0.2.1"]
  ports     = [80, 443]
  lb_algo   = "rr"
  lb_kind   = "DR"
  tcp_check {}
  real_servers = ["192.0.2.31:80", "192.0.2.32:0", "192.0.2.33"]
}
virtual_server "nat" {
  addresses = ["192.0.2.2"]
  ports     = [80, 443]
  lb_algo   = "rr"
  lb_kind   = "NAT"
  real_servers = ["10.0.0.1:8080", "10.0.0.1", "10.0.0.1:443", "10.0.0.2:80", "10.0.0.2", "10.0.0.2"]
  sorry_server "10.0.0.1:80" {}
}
virtual_server "all" {
  addresses           = ["192.0.2.3"]
  ports               = [0, 80]
  persistence_timeout = 60
  lb_algo             = "rr"
  lb_kind             = "NAT"
  tcp_check {}
  real_servers = ["10.0.0.1:80", "10.0.0.2"]
}
virtual_server "all-without" {
  addresses    = ["192.0.2.4:0"]
  lb_algo      = "rr"
  lb_kind      = "NAT"
  real_servers = ["10.0.0.1"]
}
