ipvs {
  sync_daemon {
    vrrp_instance = "VI_1"
    group         = "all"
  }
}
