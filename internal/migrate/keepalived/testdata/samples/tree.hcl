# The main file of a tree.
global {
  router_id   = "tree" # of all
  script_user = "nobody"
}

virtual_server "192.0.2.10-8010-tcp" {
  address = "192.0.2.10:8010"
  # for all services
  protocol   = "TCP"
  lb_algo    = "rr"
  lb_kind    = "NAT"
  alpha      = false
  delay_loop = "7s"

  real_server "10.0.0.1:80" { weight = 1 }
}

virtual_server "192.0.2.10-8020-tcp" {
  address = "192.0.2.10:8020"
  # for all services
  protocol   = "TCP"
  lb_algo    = "rr"
  lb_kind    = "NAT"
  alpha      = false
  delay_loop = "7s"
  # keepalived: colour blue
  real_server "10.0.0.1:80" { weight = 1 }
}

virtual_server "192.0.2.10-80-tcp" {
  address = "192.0.2.10:80"
  # for all services
  protocol   = "TCP"
  lb_algo    = "rr"
  lb_kind    = "NAT"
  alpha      = false
  delay_loop = "7s"

  real_server "10.0.0.1:80" {
    tcp_check { connect_timeout = "2s" }
  }
}
