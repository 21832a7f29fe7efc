variable "vip" { default = "192.168.25.100" }
virtual_server "web" {
  address = "${var.vpi}:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {}
}
