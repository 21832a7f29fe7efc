ipvs {
  tcp_timeout     = "15m"
  tcp_fin_timeout = 120
  udp_timeout     = "5m"
  exclusive       = true
  sysctl          = { expire_nodest_conn = 1, drop_entry = "3", est_nice = -5, sloppy_tcp = null }
  sync_daemon {
    interface     = "eth1"
    vrrp_instance = "VI_1"
  }
}

vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress = ["192.0.2.10"]
}
