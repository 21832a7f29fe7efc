virtual_server "half" {
  addresses = ["10.0.0.0/17:80"]
  lb_algo   = "rr"
  lb_kind   = "DR"
  real_servers = ["192.0.2.31"]
}
virtual_server "other-half" {
  addresses = ["10.0.0.0/17:81", "192.0.2.1:80"]
  lb_algo   = "rr"
  lb_kind   = "DR"
  real_servers = ["192.0.2.31"]
}
virtual_server "whole-internet" {
  addresses = ["[2001:db8::/32]"]
  ports     = ["1-65535"]
  protocols = ["TCP", "UDP"]
  lb_algo   = "rr"
  lb_kind   = "DR"
  real_servers = ["[2001:db8::31]"]
}
