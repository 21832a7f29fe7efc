# Variables, locals, functions and dynamic blocks together.
variable "network" { default = "10.1.0.0/16" }
variable "ports" { default = [80, 443] }
variable "servers" {
  description = "real servers and their weights"
  default     = { web1 = 1, web2 = 3 }
}

locals {
  hosts = { for i, name in local.names : name => cidrhost(local.subnet, i + 31) }
  names = sort(keys(var.servers))
  vip   = cidrhost(local.subnet, 100)
}

locals { subnet = cidrsubnet(var.network, 8, 25) }

vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  priority          = length(local.names) * 50
  virtual_ipaddress = [for vip in [local.vip] : "${vip}/24"]
}

dynamic "virtual_server" {
  for_each = var.ports
  iterator = port
  labels   = ["web-${port.value}"]
  content {
    address = format("%s:%d", local.vip, port.value)
    lb_algo = lower("WRR")
    lb_kind = upper("dr")
    dynamic "tcp_check" {
      for_each = port.value == 443 ? [1] : []
      content { connect_timeout = "2s" }
    }
    dynamic "real_server" {
      for_each = local.hosts
      labels   = [real_server.value]
      content {
        weight = var.servers[real_server.key]
        retry  = port.value == 80 ? 2 : null
        tcp_check {
          connect_port = port.value + 8000
        }
      }
    }
  }
}
