# NAT with port mapping: clients reach the inside hosts through other ports.
#
#     clients ── 192.168.25.100:1122 ──▶ director ──▶ 192.168.26.31:22, .32:22
#                192.168.25.100:3306              ──▶ 192.168.26.31:3306 … .33:3306
#
# The director rewrites addresses and ports on the way in and on the way out, so
# the answers must come back through it: the inside hosts' default route is
# 192.168.26.1, which moves between the directors together with 192.168.25.100.
# They need no other preparation. On the directors:
#
#     sysctl -w net.ipv4.ip_forward=1
#     ldirector run -c nat-port-mapping.hcl                        (backup: --var priority=90)

variable "priority" { default = 100 }

locals {
  inside = "192.168.26.0/24"
  hosts  = [for n in [31, 32, 33] : cidrhost(local.inside, n)]
}

vrrp_instance "outside" {
  interface         = "eth0"
  virtual_router_id = 51
  priority          = var.priority
  virtual_ipaddress = [
    "192.168.25.100/24",
    "${cidrhost(local.inside, 1)}/24 dev eth1", # the inside hosts' gateway
  ]
  track_interface = ["eth1"] # useless as master without its inside leg
}

# SSH: connections last long and say who they are by themselves, so no probe of
# the protocol: an open port is enough.
virtual_server "ssh" {
  address    = "192.168.25.100:1122"
  lb_algo    = "rr"
  lb_kind    = "NAT"
  delay_loop = "5s"
  tcp_check { connect_timeout = "3s" }

  real_server "192.168.26.31:22" {}
  real_server "192.168.26.32:22" {}
}

# MySQL: few connections that stay; the server with the fewest gets the next.
virtual_server "mysql" {
  address    = "192.168.25.100:3306"
  lb_algo    = "lc"
  lb_kind    = "NAT"
  delay_loop = "5s"
  tcp_check { connect_timeout = "3s" }

  real_servers = [for host in local.hosts : "${host}:3306"]
}
