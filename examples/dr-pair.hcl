# DR pair: two directors share one virtual address in front of two web servers.
#
#     clients ── 192.168.25.100 ──▶ director .11 (master) ──▶ web server .31  weight 1
#                                   director .12 (backup)     web server .32  weight 2
#
# With direct routing (DR) the web servers answer the clients themselves; the
# directors only see what the clients send. Everybody sits in one network.
#
# Both directors have this file and differ in one number:
#
#     192.168.25.11:  ldirector run -c dr-pair.hcl
#     192.168.25.12:  ldirector run -c dr-pair.hcl --var priority=90
#
# (a systemd unit sets LDIRECTOR_VAR_priority=90 instead). Each web server takes
# the virtual address, silently:
#
#     192.168.25.31:  ldirector realserver up -c dr-pair.hcl --for 192.168.25.31
#     192.168.25.32:  ldirector realserver up -c dr-pair.hcl --for 192.168.25.32

variable "priority" { default = 100 } # the higher one is master

vrrp_instance "VI_1" {
  state             = "BACKUP" # the priority alone decides; the first master is known after about 4 s
  interface         = "eth0"
  virtual_router_id = 51 # the same on both, and unique in this network
  priority          = var.priority
  advert_int        = "1s"
  authentication {
    auth_type = "PASS"
    auth_pass = "1111"
  }
  virtual_ipaddress = ["192.168.25.100/24"]
}

virtual_server "web" {
  address             = "192.168.25.100:80"
  protocol            = "TCP"
  lb_algo             = "wrr"
  lb_kind             = "DR"
  delay_loop          = "6s"
  persistence_timeout = 0 # no stickiness: every connection is scheduled anew

  # A server that refuses is probed 3 times more, 3 s apart, and is out of the
  # table within 6 + 3 * 3 = 15 s; one that is silent takes 10 s longer each time.
  tcp_check {
    connect_timeout    = "10s"
    connect_port       = 80
    retry              = 3
    delay_before_retry = "3s"
  }

  real_server "192.168.25.31:80" { weight = 1 }
  real_server "192.168.25.32:80" { weight = 2 }
}
