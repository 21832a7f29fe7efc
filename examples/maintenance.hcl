# Maintenance by a file, and scripts that hear of every change. To work on a host
# without stopping the daemon there:
#
#     touch /etc/ldirector/down         the other host takes over
#     rm /etc/ldirector/down            and gives back
#
# It costs 20 of the priority, which is enough for the other host, and not enough
# to lose the address while that one is down. With the weight 0 the state is FAULT:
# the address leaves this host in any case.
#
#     192.168.25.11:  ldirector run -c maintenance.hcl --var node=1
#     192.168.25.12:  ldirector run -c maintenance.hcl --var node=2

variable "node" {} # 1 or 2

variable "dir" { default = "/etc/ldirector" }
variable "weight" { default = -20 } # or 0

vrrp_script "down" {
  script   = ["test", "!", "-e", "${var.dir}/down"]
  interval = "1s"
  weight   = var.weight
}

# The same without running anything, and noticed at once: a file with a number in
# it, which is multiplied by the weight. It counts as 0 when it is missing or empty.
#
#     echo 1 >/etc/ldirector/maintenance
#     echo 0 >/etc/ldirector/maintenance
track_file "maintenance" {
  file   = "${var.dir}/maintenance"
  weight = var.weight
}

vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  priority          = tonumber(var.node) == 1 ? 100 : 90
  virtual_ipaddress = ["192.168.25.100/24"]
  track_script      = ["down"]
  track_file        = ["maintenance"]

  # One script for all, such as
  #
  #     #!/bin/sh
  #     echo "$1" | mail -s "$(hostname) is $1" ops@example.com
  #     [ "$1" != master ] || systemctl restart nginx
  notify_master = ["${var.dir}/notify.sh", "master"]
  notify_backup = ["${var.dir}/notify.sh", "backup"]
  notify_fault  = ["${var.dir}/notify.sh", "fault"]
  notify_stop   = ["${var.dir}/notify.sh", "stop"]

  # Runs after these, with INSTANCE, VI_1, the state and the priority added.
  notify = ["${var.dir}/notify.sh", "any"]
}
