# Master/master: both directors work, each for one virtual address; DNS hands
# out both. If one director dies, the other serves both addresses.
#
#     www  A  192.168.25.100  ──▶ director .11, or .12 without it
#     www  A  192.168.25.101  ──▶ director .12, or .11 without it
#
#     192.168.25.11:  ldirector run -c master-master.hcl --var node=1
#     192.168.25.12:  ldirector run -c master-master.hcl --var node=2
#     web servers:    ldirector realserver up -c master-master.hcl

variable "node" {} # 1 or 2; no default, so that nobody forgets it

vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  priority          = tonumber(var.node) == 1 ? 100 : 90
  virtual_ipaddress = ["192.168.25.100/24"]
}

vrrp_instance "VI_2" {
  interface         = "eth0"
  virtual_router_id = 52
  priority          = tonumber(var.node) == 2 ? 100 : 90
  virtual_ipaddress = ["192.168.25.101/24"]
}

# Both directors have both services at all times, with their own probes, so
# that an address finds its table ready when it moves.
dynamic "virtual_server" {
  for_each = { www1 = "192.168.25.100:80", www2 = "192.168.25.101:80" }
  labels   = [virtual_server.key]
  content {
    address    = virtual_server.value
    lb_algo    = "wrr"
    lb_kind    = "DR"
    delay_loop = "5s"
    tcp_check { connect_timeout = "3s" }

    real_server "192.168.25.31:80" {}
    real_server "192.168.25.32:80" {}
  }
}
