virtual_server "web" {
  real_server "192.168.25.31" {}
}
vrrp_instance "VI_1" {
}
