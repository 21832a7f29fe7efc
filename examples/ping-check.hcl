# UDP servers, of which a plain probe learns nothing: no answer is a good answer,
# too, and only a live host says "port unreachable". ping_check notices a host
# that is off or cut from the network, within 2 + 2 * 0.5 + 3 * 1 = 6 s here.
#
#     clients ── 192.168.25.100:53/UDP ──▶ director .11 ──▶ resolvers .31, .32
#
# A host that answers the ping says nothing of its server: see dns_check and
# udp_check for that, which may stand beside it.
#
#     192.168.25.11:  ldirector run -c ping-check.hcl
#     192.168.25.31:  ldirector realserver up -c ping-check.hcl --for 192.168.25.31     (and .32)

vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress = ["192.168.25.100/24"]
}

virtual_server "dns" {
  address    = "192.168.25.100:53"
  protocol   = "UDP"
  lb_algo    = "rr"
  lb_kind    = "DR"
  delay_loop = "2s"
  ops        = true # every question is scheduled anew

  ping_check {
    connect_timeout    = "1s"
    retry              = 2
    delay_before_retry = "0.5s"
  }

  real_server "192.168.25.31" {}
  real_server "192.168.25.32" {}
}
