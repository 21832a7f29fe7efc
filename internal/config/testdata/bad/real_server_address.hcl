virtual_server "web" {
  address = "192.168.25.100:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "0.0.0.0" {}
  real_server "239.1.1.1" {}
  real_server "192.168.25.31:0" {}
  real_server "web1.example.com" {}
  real_server "2001:db8::31" {}
}
