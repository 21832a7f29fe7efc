virtual_server "web0" {
  address = "192.168.25.300:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {}
}
virtual_server "web1" {
  address = "www.example.com:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {}
}
virtual_server "web2" {
  address = "192.168.25.100"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {}
}
virtual_server "web3" {
  address = "2001:db8::1:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {}
}
virtual_server "web4" {
  address = "[2001:db8::1"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {}
}
virtual_server "web5" {
  address = "[192.168.25.100]:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {}
}
virtual_server "web6" {
  address = "192.168.25.100:http"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {}
}
virtual_server "web7" {
  address = "192.168.25.100:65536"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {}
}
virtual_server "web8" {
  address = "192.168.25.100/24"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {}
}
virtual_server "web9" {
  address = "[fe80::1%eth0]:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {}
}
virtual_server "web10" {
  address = "[::ffff:192.168.25.100]:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {}
}
virtual_server "web11" {
  address = ""
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {}
}
