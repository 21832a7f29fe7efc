# Probes that go the way of the clients: to the virtual address, through IPVS,
# to one real server after the other.
#
#     clients ── 192.168.25.100 ──▶ director .11 (master) ──▶ web server .31
#                                   director .12 (backup)     web server .32
#
# A plain probe asks 192.168.25.31 itself. That says nothing of a web server
# that has lost the virtual address, after a reboot for example: it answers the
# probe and drops what clients send. With via = "vip" the probe asks
# 192.168.25.100, and its packets carry a mark by which IPVS knows the real
# server that is meant. It works from the master and from the backup, for DR and
# TUN; behind NAT a real server has no virtual address to lose.
#
#     192.168.25.11:  ldirector run -c check-through-vip.hcl
#     192.168.25.12:  ldirector run -c check-through-vip.hcl --var priority=90
#     192.168.25.31:  ldirector realserver up -c check-through-vip.hcl --for 192.168.25.31     (and .32)
#
# Each real server gets a service of its own for this, which "ldirector plan"
# and "ipvsadm -Ln" show as one for a firewall mark from 16777216 (0x01000000)
# on. On the interface towards the real servers accept_local becomes 1 and
# rp_filter not 1 (strict) while the director runs: the answers come from an
# address that the master has, too.

variable "priority" { default = 100 } # the higher one is master

vrrp_instance "VI_1" {
  state             = "BACKUP"
  interface         = "eth0"
  virtual_router_id = 51
  priority          = var.priority
  virtual_ipaddress = ["192.168.25.100/24"]
}

virtual_server "web" {
  address    = "192.168.25.100:80"
  lb_algo    = "rr"
  lb_kind    = "DR"
  delay_loop = "2s"

  tcp_check {
    via             = "vip"
    connect_timeout = "2s"
    retry           = 1
  }

  real_server "192.168.25.31" {}
  real_server "192.168.25.32" {}
}
