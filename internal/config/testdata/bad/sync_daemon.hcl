ipvs {
  sync_daemon {
    interface     = "eth 1"
    vrrp_instance = "VI_2"
    id            = 256
    port          = 0
    ttl           = 256
    group         = "192.0.2.1"
    maxlen        = 65508
  }
}
vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress = ["192.0.2.10"]
}
