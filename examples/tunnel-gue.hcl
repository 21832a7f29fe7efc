# TUN with GUE: the tunnel is UDP, which passes firewalls and clouds that drop
# IP in IP, and spreads over the queues of network cards.
#
#     clients ── 192.168.25.100 ──▶ director .11 ══ UDP 6080 ══▶ 192.168.40.31, 2001:db8:40::31
#        ▲                                                             │
#        └───────────────── answers go straight back ──────────────────┘
#
# A tunnel's outside may be IPv6 where the inside is IPv4, and the other way round.
# On the back-ends, which have the virtual address on lo (ldirector realserver up
# 192.168.25.100), a GUE port leads into plain tunnels:
#
#     modprobe -a fou ipip ip6_tunnel
#     ip fou add port 6080 gue;    ip link add in4 type ipip local 192.168.40.31 remote 192.168.25.11
#     ip -6 fou add port 6080 gue; ip link add in6 type ip6tnl mode any local 2001:db8:40::31 remote 2001:db8:25::11
#     ip link set in4 up;          ip link set in6 up
#
# and on the director, which has the virtual address for good:
#
#     ip address add 192.168.25.100/24 dev eth0
#     ldirector run -c tunnel-gue.hcl
#
# Packets become 36 bytes longer, 56 over IPv6.

virtual_server "web" {
  address    = "192.168.25.100:80"
  lb_algo    = "rr"
  lb_kind    = "TUN"
  tun_type   = "gue"
  tun_port   = 6080
  tun_csum   = "csum" # over IPv6 it is worth having
  delay_loop = "2s"
  tcp_check { connect_timeout = "3s" }

  real_server "192.168.40.31:80" {
    tun_type = "gue"
    tun_port = 6080
    tun_csum = "nocsum" # IPv4 has one in its header
  }
  real_server "[2001:db8:40::31]:80" {}
}
