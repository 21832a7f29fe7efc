virtual_server "dns" {
  addresses = [local.vip]
  ports     = [53]
  protocols = ["TCP", "UDP"]
  lb_algo   = "rr"
  lb_kind   = "DR"
  pool      = "web"
}
