# HAProxy on two hosts, without fail-back: who returns from a failure stays backup
# until the other one fails, so that clients notice one move instead of two.
#
#     clients ── 192.168.25.100 ──▶ haproxy on .11, or on .12 after a failure there
#
#     192.168.25.11:  ldirector run -c haproxy.hcl --var node=1
#     192.168.25.12:  ldirector run -c haproxy.hcl --var node=2
#
# To move the address back by hand, in a quiet hour: ldirector vrrp release VI_1,
# on the host that has it.

variable "node" {} # 1 or 2

variable "alive" { default = "pidof haproxy" }
variable "interval" { default = "5s" }

vrrp_script "haproxy" {
  script   = var.alive
  interval = var.interval
}

vrrp_instance "VI_1" {
  state             = "BACKUP" # nopreempt wants it on both
  nopreempt         = true
  interface         = "eth0"
  virtual_router_id = 51
  priority          = tonumber(var.node) == 1 ? 100 : 90 # who is master when both start together
  authentication {
    auth_type = "PASS"
    auth_pass = "1111"
  }
  virtual_ipaddress = ["192.168.25.100/24"]
  track_script      = ["haproxy"]
}
