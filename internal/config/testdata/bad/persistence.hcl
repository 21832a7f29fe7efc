virtual_server "words" {
  address                 = "192.0.2.1:80"
  lb_algo                 = "rr"
  lb_kind                 = "DR"
  persistence_granularity = "255.0.255.0"
  real_servers = ["192.0.2.31"]
}
virtual_server "zero" {
  address                 = "192.0.2.2:80"
  lb_algo                 = "rr"
  lb_kind                 = "DR"
  persistence_granularity = "0.0.0.0"
  real_servers = ["192.0.2.31"]
}
virtual_server "long" {
  address                 = "192.0.2.3:80"
  lb_algo                 = "rr"
  lb_kind                 = "DR"
  persistence_granularity = 33
  real_servers = ["192.0.2.31"]
}
virtual_server "mask6" {
  address                 = "[2001:db8::1]:80"
  lb_algo                 = "rr"
  lb_kind                 = "DR"
  persistence_granularity = "255.255.255.0"
  real_servers = ["[2001:db8::31]"]
}
virtual_server "off" {
  address                 = "192.0.2.4:80"
  lb_algo                 = "rr"
  lb_kind                 = "DR"
  persistence_timeout     = 0
  persistence_granularity = 24
  real_servers = ["192.0.2.31"]
}
virtual_server "engine" {
  address            = "192.0.2.5:5060"
  protocol           = "UDP"
  lb_algo            = "rr"
  lb_kind            = "DR"
  persistence_engine = "sip"
  real_servers = ["192.0.2.31"]
}
virtual_server "tcp" {
  address             = "192.0.2.6:5060"
  lb_algo             = "rr"
  lb_kind             = "DR"
  persistence_engine  = "sip"
  persistence_timeout = 60
  real_servers = ["192.0.2.31"]
}
