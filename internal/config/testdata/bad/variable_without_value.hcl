variable "vip" { description = "the service address" }
virtual_server "web" {
  address = "${var.vip}:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {}
}
