virtual_server "web" {
  address = "192.168.25.100:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  dynamic "real_server" {
    for_each = ["192.168.25.31", "192.168.25.31"]
    labels = [real_server.value]
    content { weight = real_server.key - 1 }
  }
  dynamic "real_sever" {
    for_each = []
    content {}
  }
}
