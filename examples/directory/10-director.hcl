# A directory of files is read as one configuration, in the order of their names:
#
#     10-director.hcl    the director itself: addresses and what they move with
#     20-pools.hcl       the real servers, said once
#     30-web.hcl …       the services, one file for each team
#
#     192.168.25.11:     ldirector run -c directory/
#     192.168.25.12:     ldirector run -c directory/ --var priority=90
#     web servers:       ldirector realserver up -c directory/
#
# /etc/ldirector, where ldirector looks without -c, is such a directory. A change
# in any file is in force after "ldirector reload".

variable "priority" { default = 100 }

locals { vip = "192.168.25.100" }

vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  priority          = var.priority
  virtual_ipaddress = ["${local.vip}/24"]
}
