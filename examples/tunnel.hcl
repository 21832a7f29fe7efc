# TUN: the back-ends live in other networks, anywhere that IP reaches.
#
#     clients ── 192.168.25.100 ──▶ director .11 ══ IP in IP ══▶ 192.168.40.31
#        ▲                                       ══ IP in IP ══▶ 192.168.41.32
#        └────────────────── answers go straight back ──────────────┘
#
# The director wraps each packet into another one for the back-end; the back-end
# unwraps it, finds its own virtual address inside, and answers the client by
# its own route. Routers on the way must let the source address 192.168.25.100
# pass, and packets become 20 bytes longer.
#
#     director:   ldirector run -c tunnel.hcl
#     back-ends:  ldirector realserver up -c tunnel.hcl --for 192.168.40.31     (and 192.168.41.32)

vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  priority          = 100
  virtual_ipaddress = ["192.168.25.100/24"]
}

virtual_server "web" {
  address    = "192.168.25.100:80"
  lb_algo    = "rr"
  lb_kind    = "TUN"
  delay_loop = "5s"
  tcp_check { connect_timeout = "3s" }

  real_server "192.168.40.31:80" {}
  real_server "192.168.41.32:80" {}
}
