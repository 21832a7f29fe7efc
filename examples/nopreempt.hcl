# A pair without fail-back: a director that returns from a failure stays backup
# until the other one fails, so that clients notice one move instead of two.
#
#     192.168.25.11:  ldirector run -c nopreempt.hcl
#     192.168.25.12:  ldirector run -c nopreempt.hcl --var priority=90
#     web servers:    ldirector realserver up -c nopreempt.hcl

variable "priority" { default = 100 } # decides who is master when both start together

vrrp_instance "VI_1" {
  state             = "BACKUP" # nopreempt wants it on both
  nopreempt         = true
  interface         = "eth0"
  virtual_router_id = 51
  priority          = var.priority
  advert_int        = "1s"
  authentication {
    auth_type = "PASS"
    auth_pass = "1111"
  }
  virtual_ipaddress = ["192.168.25.100/24"]
}

virtual_server "web" {
  address    = "192.168.25.100:80"
  lb_algo    = "rr"
  lb_kind    = "DR"
  delay_loop = "5s"
  tcp_check { connect_timeout = "3s" }

  real_server "192.168.25.31:80" {}
  real_server "192.168.25.32:80" {}
}
