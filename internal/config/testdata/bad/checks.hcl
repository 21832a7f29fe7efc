check "empty" {}
check "alive" {
  tcp_check {}
}
check "alive" {
  tcp_check {}
}
check "broken" {
  tcp_check { connect_port = 0 }
}
check "loops" {
  delay_loop = "3s"
  tcp_check {}
}
virtual_server "web" {
  address    = "192.168.25.100:80"
  lb_algo    = "wrr"
  lb_kind    = "DR"
  checks     = ["alife", "none", "alive", "alive", "broken"]
  check_mode = "one"
  tcp_check {}
  real_server "192.168.25.31" {}
}
