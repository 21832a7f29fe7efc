virtual_server "web" {
  address = "192.168.25.100:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "[2001:db8::31]" {}
  sorry_server "[2001:db8::32]" {}
}
virtual_server "web2" {
  address = "[2001:db8::1]:80"
  lb_algo = "wrr"
  lb_kind = "NAT"
  real_server "192.168.25.31" {}
}
