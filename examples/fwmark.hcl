# Firewall marks: one IPVS service for more addresses than one could list.
#
#     clients ── any of 198.51.100.0/22, ports 80 and 8000-8099 ──▶ director ──▶ web servers
#                any of 2001:db8:51::/48                                         .31, .32
#
# ldirector has a table of its own in nftables, which marks the packets; IPVS
# takes what is marked. Other tables are left alone, and this one is gone when
# ldirector stops. Without match the mark is whoever's that sets it, such as
# your own firewall's (virtual server "legacy").
#
# The networks are routed to the director, which takes them all for its own; so
# do the back-ends:
#
#     all:        ip route add local 198.51.100.0/22 dev lo
#                 ip route add local 2001:db8:51::/48 dev lo
#     director:   ldirector run -c fwmark.hcl

virtual_server "sites" {
  fwmark = 80
  match {
    addresses = ["198.51.100.0/22"]
    ports     = [80, "8000-8099"]
    protocols = ["TCP"]
  }
  lb_algo = "sh" # a client meets the same server at every address
  lb_kind = "DR"
  pool    = "web"
}

# A mark is for one family. Without ports match is for all of them.
virtual_server "sites6" {
  fwmark    = 86
  ip_family = "inet6"
  match {
    addresses = ["2001:db8:51::/48"]
    protocols = ["TCP", "UDP"]
  }
  lb_algo = "rr"
  lb_kind = "DR"
  pool    = "web6"
}

virtual_server "legacy" {
  fwmark  = 7
  lb_algo = "rr"
  lb_kind = "DR"
  pool    = "web"
}

pool "web" {
  delay_loop = "5s"
  tcp_check {
    connect_timeout = "3s"
    connect_port    = 80
  }
  real_servers = ["192.168.25.31", "192.168.25.32"]
}

pool "web6" {
  delay_loop = "5s"
  tcp_check {
    connect_timeout = "3s"
    connect_port    = 80
  }
  real_servers = ["[2001:db8:25::31]", "[2001:db8:25::32]"]
}
