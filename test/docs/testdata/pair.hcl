variable "priority" { default = 100 }

global {
  http {}
}

ipvs { resync = "1s" }

vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  priority          = var.priority
  version           = 3
  advert_int        = "500ms"
  virtual_ipaddress = ["192.168.25.100/24"]
}

virtual_server "web" {
  address    = "192.168.25.100:80"
  lb_algo    = "wrr"
  lb_kind    = "DR"
  delay_loop = "1s"

  tcp_check { connect_timeout = "500ms" }
  real_server "192.168.25.31:80" { weight = 1 }
  real_server "192.168.25.32:80" { weight = 2 }
}
