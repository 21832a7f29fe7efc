# Connections survive a failover: the master tells the backup about each one
# (the kernel's sync daemon), so that it can go on with them.
#
#     clients ── 192.168.25.100 ──▶ director .11 (master) ──▶ web servers .31, .32
#                                      │ multicast 224.0.0.81
#                                   director .12 (backup)
#
# The daemons follow the VRRP instance: the master sends, the backup listens.
# With direct routing the web servers and clients notice nothing but a pause.
#
#     192.168.25.11:  ldirector run -c sync-daemon.hcl
#     192.168.25.12:  ldirector run -c sync-daemon.hcl --var priority=90
#     web servers:    ldirector realserver up -c sync-daemon.hcl

variable "priority" { default = 100 }

ipvs {
  tcp_timeout = "1h" # a connection that is silent for longer is forgotten, here and there
  sync_daemon {
    interface     = "eth0"
    vrrp_instance = "VI_1"
  }
}

vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51 # also the ID of the sync daemons
  version           = 3  # adverts more often than once a second need version 3
  advert_int        = "200ms"
  priority          = var.priority
  virtual_ipaddress = ["192.168.25.100/24"]
}

virtual_server "web" {
  address    = "192.168.25.100:80"
  lb_algo    = "wlc"
  lb_kind    = "DR"
  delay_loop = "5s"
  tcp_check { connect_timeout = "3s" }

  real_servers = ["192.168.25.31:80", "192.168.25.32:80"]
}
