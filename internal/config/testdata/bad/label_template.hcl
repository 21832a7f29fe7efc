variable "vip" { default = "192.168.25.31" }
virtual_server "web" {
  address = "192.168.25.100:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "${var.vip}:80" {}
}
