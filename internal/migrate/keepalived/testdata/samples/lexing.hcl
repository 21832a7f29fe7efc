# a comment with an exclamation mark, "and quotes
# only on the first

global { router_id = "one" }

vrrp_instance "with blanks" {
  state             = "BACKUP"
  interface         = "eth0"
  virtual_router_id = 51
  priority          = 101
  advert_int        = "1s"

  authentication {
    auth_type = "PASS"
    auth_pass = "pass!wor"
  }

  virtual_ipaddress = [
    "192.0.2.9/24",
    "192.0.2.91/24",
    "192.0.2.92/24",
    "192.0.2.93/24",
    "192.0.2.5/24",
    "192.0.2.6/24",
    "192.0.2.7/24",
    "192.0.2.$N/24",
    "192.0.2.$N/24",
    "192.0.2.101/24 dev eth1",
    "192.0.2.102/24 dev eth2",
    "192.0.2.94/24 label eth0:1",
  ]
  track_interface = ["eth1 weight 10", "eth2"]
  notify_master   = ["/bin/sh", "-c", "\"echo", "$HOME\""]
  notify_backup   = ["/bin/echo", "a#b"]
  nopreempt       = true
}

virtual_server "192.0.2.9-80-tcp" {
  address  = "192.0.2.9:80"
  protocol = "TCP"
  lb_algo  = "rr"
  lb_kind  = "NAT"
  alpha    = false

  real_server "10.0.0.1:80" {
    tcp_check { connect_timeout = "3s" }
  }

  real_server "10.0.0.2:80" {
    tcp_check { connect_timeout = "3s" }
  }

  real_server "10.0.0.3:80" {
    tcp_check { connect_timeout = "3s" }
  }
}
