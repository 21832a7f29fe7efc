# DR over IPv6, one director.
#
#     clients ── [2001:db8:25::100]:80 ──▶ director ──▶ [2001:db8:25::31], [2001:db8:25::32]
#
# The director has the virtual address for good; set it up with the interface.
# preferred_lft 0 keeps the director from probing from this address, which the
# back-ends take for their own:
#
#     director:   ip address add 2001:db8:25::100/128 dev eth0 preferred_lft 0
#                 ldirector run -c ipv6-dr.hcl
#     back-ends:  ldirector realserver up -c ipv6-dr.hcl --for 2001:db8:25::31   (and ::32)

virtual_server "web" {
  address    = "[2001:db8:25::100]:80"
  lb_algo    = "wrr"
  lb_kind    = "DR"
  delay_loop = "5s"
  tcp_check { connect_timeout = "3s" }

  real_server "[2001:db8:25::31]:80" { weight = 1 }
  real_server "[2001:db8:25::32]:80" { weight = 2 }
}
