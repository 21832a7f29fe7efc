# ldirector's configuration. All *.hcl files of this directory are read together, in name order.
#
#   ldirector validate     is it right?
#   ldirector plan         what would change in the kernel?
#   ldirector doctor       what on this host would break it?
#   systemctl enable --now ldirector
#   systemctl reload ldirector
#
# Every word is explained in docs/configuration.md (/usr/share/doc/ldirector), examples are beside it. From keepalived:
#
#   ldirector import keepalived /etc/keepalived/keepalived.conf -o /etc/ldirector/ldirector.hcl
#
# Below is a pair of directors with one service; the other director has priority = 90. Remove the "# " of each line.

# vrrp_instance "VI_1" {
#   interface         = "eth0"
#   virtual_router_id = 51
#   priority          = 100
#   advert_int        = "1s"
#   virtual_ipaddress = ["192.0.2.100/24"]
# }

# virtual_server "web" {
#   address    = "192.0.2.100:80"
#   lb_algo    = "wrr"
#   lb_kind    = "DR"
#   delay_loop = "6s"
#
#   http_get {
#     connect_timeout = "3s"
#     url {
#       path        = "/"
#       status_code = "200-299"
#     }
#   }
#   real_server "192.0.2.31:80" { weight = 1 }
#   real_server "192.0.2.32:80" { weight = 1 }
# }

# ipvs {
#   sysctl = {
#     expire_nodest_conn        = 1 # tell clients of a failed server at once
#     expire_quiescent_template = 1 # persistent clients leave a server that is drained
#   }
# }
