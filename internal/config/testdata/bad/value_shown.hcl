variable "vip" { default = "192.168.25.1000" }
virtual_server "web" {
  address = "${var.vip}:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {}
}
