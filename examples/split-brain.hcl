# A split brain that is noticed. Two hosts that do not hear each other, because of
# a firewall, a broken switch, a password on one side only, both become master, and
# clients in between are sent to one or the other. keepalived does not notice.
#
#     .11 (master) ──╳── .12 (master, too)
#           └── clients ──┘
#
# A master asks the network who else answers for its addresses. Both hosts tell of
# it: in `ldirector status`, in the log, and by notify_conflict, which also runs
# when it is over. With on_conflict = "yield" one of them gives up besides, that
# with the smaller MAC address, so that clients find one master.
#
#     192.168.25.11:  ldirector run -c split-brain.hcl --var node=1
#     192.168.25.12:  ldirector run -c split-brain.hcl --var node=2

variable "node" {} # 1 or 2

variable "on_conflict" { default = "alert" } # or "yield"
variable "notify" { default = "/etc/ldirector/conflict.sh" }

vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  priority          = tonumber(var.node) == 1 ? 100 : 90
  virtual_ipaddress = ["192.168.25.100/24"]
  on_conflict       = var.on_conflict

  # It gets the arguments INSTANCE, VI_1, CONFLICT or CLEAR, and what it is:
  #
  #     #!/bin/sh
  #     echo "$4" | mail -s "$2: $3 on $(hostname)" ops@example.com
  notify_conflict = [var.notify]
}
