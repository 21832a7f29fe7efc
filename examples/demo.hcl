# What "make demo" plays: two directors, three web servers of different strength.
#
#     192.168.25.11:  ldirector run -c demo.hcl
#     192.168.25.12:  ldirector run -c demo.hcl --var priority=90
#     web servers:    ldirector realserver up -c demo.hcl

variable "priority" { default = 100 }

vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  version           = 3 # adverts more often than once a second need version 3
  advert_int        = "300ms"
  priority          = var.priority
  virtual_ipaddress = ["192.168.25.100/24"]
}

virtual_server "web" {
  address    = "192.168.25.100:80"
  lb_algo    = "wrr"
  lb_kind    = "DR"
  delay_loop = "2s"
  tcp_check {
    connect_timeout    = "1s"
    retry              = 1
    delay_before_retry = "500ms"
  }

  real_server "192.168.25.31:80" { weight = 1 }
  real_server "192.168.25.32:80" { weight = 2 }
  real_server "192.168.25.33:80" { weight = 3 }
}
