global_defs {
}
virtual_server "web" {
  address = "192.168.25.100:80"
  lb_algo = "wrr"
  lvs_method = "DR"
  TCP_CHECK {
    nb_get_retry = 3
  }
  tcp_check {
    nb_get_retry = 3
  }
  real_server "192.168.25.31" {}
}
