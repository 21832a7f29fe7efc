ipvs {
  tcp_timeout = "1500ms"
  udp_timeout = 0
  sysctl = {
    expire_nodest          = 1
    drop_entry             = 4
    sloppy_tcp             = 0.5
    sync_threshold         = 3
    "net.ipv4.vs.conntrack" = 1
    sync_ports             = 3
    something              = 1
  }
}
