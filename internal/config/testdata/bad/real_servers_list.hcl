virtual_server "web" {
  address = "192.168.25.100:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_servers = ["192.168.25.31 2", "192.168.25.32 weight x", "192.168.25.33 weight 2147483648", "192.168.25.34 wight 2", ""]
}
