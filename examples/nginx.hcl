# nginx made highly available: two web servers share an address, without IPVS.
#
#     clients ── 192.168.25.100 ──▶ nginx on .11 (master), or on .12 without it
#
# Every three seconds each of them looks whether nginx is there, and starts it if
# it is not. Where that fails, too, the state is FAULT and the other one takes the
# address over, in less than a second. The attempts go on: as soon as nginx runs
# again, the address moves back.
#
#     192.168.25.11:  ldirector run -c nginx.hcl --var node=1
#     192.168.25.12:  ldirector run -c nginx.hcl --var node=2
#
# nginx has to listen on all addresses (listen 80;), as the virtual one is there
# on one of the two only.

variable "node" {} # 1 or 2; no default, so that nobody forgets it

variable "alive" { default = "systemctl -q is-active nginx" }
variable "restart" { default = "systemctl restart nginx" } # without systemd "setsid -w nginx": what a script leaves behind is killed
variable "interval" { default = "3s" }

vrrp_script "nginx" {
  script   = ["/bin/sh", "-c", "${var.alive} || ${var.restart}"]
  interval = var.interval
  timeout  = "10s" # for the restart; the next attempt waits for it
}

vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  priority          = tonumber(var.node) == 1 ? 100 : 90
  authentication {
    auth_type = "PASS"
    auth_pass = "1111"
  }
  virtual_ipaddress = ["192.168.25.100/24"]
  track_script      = ["nginx"] # without a weight: FAULT when it fails
}
