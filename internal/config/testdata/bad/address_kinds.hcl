virtual_server "web0" {
  address = "0.0.0.0:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {}
}
virtual_server "web1" {
  address = "224.0.0.18:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {}
}
virtual_server "web2" {
  address = "255.255.255.255:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {}
}
virtual_server "web3" {
  address = "127.0.0.1:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {}
}
virtual_server "web4" {
  address = "[::]:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {}
}
virtual_server "web5" {
  address = "[::1]:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {}
}
virtual_server "web6" {
  address = "[ff02::1]:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {}
}
