# Many services, one virtual server: a hosting platform with five addresses, each
# with HTTP, HTTPS and HTTP/3, in front of the same web servers.
#
#     clients ── 192.168.25.100, .104, .105, .112, .113 ──▶ director .11 ──▶ web server .31
#                ports 80 and 443, TCP and UDP              director .12     web server .32
#
# IPVS gets 5 x 2 x 2 = 20 services. Each real server is probed once for all of
# them and goes out of all of them at once.
#
#     192.168.25.11:  ldirector run -c groups.hcl
#     192.168.25.12:  ldirector run -c groups.hcl --var priority=90
#     web servers:    ldirector realserver up -c groups.hcl

variable "priority" { default = 100 }

vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  priority          = var.priority
  virtual_ipaddress = [for n in [100, 104, 105, 112, 113] : "192.168.25.${n}/24"]
}

virtual_server "hosting" {
  # An address, a range and a prefix; ports and protocols are those of all.
  addresses = ["192.168.25.100", "192.168.25.104-105", "192.168.25.112/31"]
  ports     = [80, 443]
  protocols = ["TCP", "UDP"]

  lb_algo    = "wlc"
  lb_kind    = "DR"
  delay_loop = "2s"
  quorum     = 2 # of the weights of all real servers, whatever the number of services
  tcp_check {
    connect_timeout    = "1s"
    connect_port       = 443 # real servers without a port need one to probe
    retry              = 1
    delay_before_retry = "500ms"
  }

  # Without a port: each service goes to its own port there.
  real_servers = ["192.168.25.31", "192.168.25.32 weight 2"]
}
