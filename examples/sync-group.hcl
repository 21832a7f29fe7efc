# Two routers, or firewalls, between an outside and an inside network. What comes
# in by one has to go out by it, so that both addresses move together: if one link
# is lost, the other router takes over both.
#
#     outside 192.168.25.0/24 ── .100 ┬ eth0  .11  eth1 ┬ 10.0.0.100 ── inside 10.0.0.0/24,
#                                     └ eth0  .12  eth1 ┘               whose gateway that is
#
#     router .11:  ldirector run -c sync-group.hcl --var node=1
#     router .12:  ldirector run -c sync-group.hcl --var node=2

variable "node" {} # 1 or 2

locals { priority = tonumber(var.node) == 1 ? 100 : 90 } # the same in all members of a group

vrrp_instance "outside" {
  interface         = "eth0"
  virtual_router_id = 51
  priority          = local.priority
  virtual_ipaddress = ["192.168.25.100/24"]
}

vrrp_instance "inside" {
  interface         = "eth1"
  virtual_router_id = 52
  priority          = local.priority
  virtual_ipaddress = ["10.0.0.100/24"]
}

vrrp_sync_group "router" { group = ["outside", "inside"] }
