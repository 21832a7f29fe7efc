# Hot standby as with heartbeat: a service that may run on one host only, here
# Tomcat, is started where the address is and stopped where it is not.
#
#     gateway .1 ◀─ ping ─┬─ .11  Tomcat, 192.168.25.100 on eth0:0
#                         └─ .12  takes both over
#
#     192.168.25.11:  ldirector run -c hot-standby.hcl --var node=1
#     192.168.25.12:  ldirector run -c hot-standby.hcl --var node=2
#
# What ha.cf and haresources say, and what says it here:
#
#     keepalive 2              advert_int
#     deadtime 30              down_timer_adverts, times advert_int
#     auto_failback on         auto_failback, below
#     ping 192.168.25.1        track_check "gateway"
#     IPaddr::…/24/eth0:0      virtual_ipaddress
#     tomcat10                 notify_master and the others

variable "node" {} # 1 or 2

variable "keepalive" { default = "2s" }
variable "deadtime" { default = 15 } # advertisements
variable "auto_failback" { default = true }
variable "gateway" { default = "192.168.25.1" }

variable "start" { default = "systemctl start tomcat10" }
variable "stop" { default = "systemctl stop tomcat10" }

# The gateway is the third witness: who does not reach it is the one that is cut
# off. With fail-back that costs 30 of the priority, so that the host which does
# reach it takes over, and nothing moves when the gateway itself is down. Without
# fail-back priorities move nothing, so that it has to be a fault, of both hosts if
# the gateway is down.
track_check "gateway" {
  weight     = tobool(var.auto_failback) ? -30 : 0
  delay_loop = var.keepalive
  ping_check { connect_ip = var.gateway }
}

vrrp_instance "tomcat" {
  interface          = "eth0"
  virtual_router_id  = 51
  priority           = tonumber(var.node) == 1 ? 100 : 90
  nopreempt          = !tobool(var.auto_failback)
  version            = 3
  advert_int         = var.keepalive
  down_timer_adverts = var.deadtime # the same on both
  virtual_ipaddress  = ["192.168.25.100/24 dev eth0 label eth0:0"]
  track_check        = ["gateway"]

  # The address is there when the service starts. These run in order, one after the
  # other; but the old host may still be stopping when the new one starts.
  notify_master = var.start
  notify_backup = var.stop
  notify_fault  = var.stop
  notify_stop   = var.stop
}
