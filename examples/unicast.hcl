# A pair in a cloud. There is no multicast and nobody listens to ARP: the members
# send to each other, and the new master asks the cloud's API for the address.
#
#     10.0.1.11 ◀── VRRP, unicast ──▶ 10.0.2.12      networks and zones may differ
#
#     10.0.1.11:  ldirector run -c unicast.hcl --var node=1
#     10.0.2.12:  ldirector run -c unicast.hcl --var node=2
#
# The security group has to let IP protocol 112 pass between the two.

variable "node" {} # 1 or 2

variable "interface" { default = "eth0" }
variable "address" { default = "10.0.3.100/32" }
variable "members" { default = ["10.0.1.11", "10.0.2.12"] }
variable "move" { default = "/etc/ldirector/move-address.sh" }

locals { me = var.members[tonumber(var.node) - 1] }

vrrp_instance "VI_1" {
  interface         = var.interface
  virtual_router_id = 51
  priority          = tonumber(var.node) == 1 ? 100 : 90
  version           = 3
  advert_int        = "1s"
  unicast_src_ip    = local.me
  unicast_peer      = [for m in var.members : m if m != local.me]
  virtual_ipaddress = [var.address]

  # Such as
  #
  #     #!/bin/sh
  #     exec aws ec2 replace-route --route-table-id rtb-0123456789abcdef0 \
  #       --destination-cidr-block 10.0.3.100/32 --instance-id "$(cat /etc/ldirector/instance-id)"
  notify_master = [var.move]

  # A late answer of the API may have undone it: ask again when the other one still
  # believes to be master.
  notify_master_rx_lower_pri = [var.move]
}
