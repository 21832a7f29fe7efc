# A director that sees no web servers yields to one that does. Both are alive and
# hear each other, but the switch to the web servers is broken on one side:
#
#     clients ── 192.168.25.100 ──▶ director .11 ──╳── eth1 ─┬─ web server 192.168.26.31
#                                   director .12 ───── eth1 ─┴─ web server 192.168.26.32
#
# Without the tracker the master would go on and send clients nowhere. If neither
# sees a web server, nothing moves.
#
#     192.168.25.11:  ldirector run -c track-services.hcl --var node=1
#     192.168.25.12:  ldirector run -c track-services.hcl --var node=2

variable "node" {} # 1 or 2

vrrp_instance "VI_1" {
  interface            = "eth0"
  virtual_router_id    = 51
  priority             = tonumber(var.node) == 1 ? 100 : 90
  virtual_ipaddress    = ["192.168.25.100/24", "192.168.26.1/24 dev eth1"] # the second is the web servers' gateway
  track_virtual_server = ["web weight -20"]                                # while it has no quorum
}

virtual_server "web" {
  address    = "192.168.25.100:80"
  lb_algo    = "wrr"
  lb_kind    = "NAT"
  delay_loop = "2s"
  quorum     = 1
  tcp_check {
    connect_timeout    = "1s"
    retry              = 1
    delay_before_retry = "1s"
  }

  real_server "192.168.26.31:80" {}
  real_server "192.168.26.32:80" {}
}
