# A pair with a virtual MAC address, as the standard has it: the address stays
# 00:00:5e:00:01:33 to clients, whoever is master, so that nobody has to learn
# anything when it moves, not even hosts that ignore gratuitous ARP.
#
#     192.168.25.11:  ldirector run -c virtual-mac.hcl --var node=1
#     192.168.25.12:  ldirector run -c virtual-mac.hcl --var node=2
#
# The switch has to allow more than one MAC address at a port: hypervisors often
# do not ("forged transmits", "MAC spoofing"), and clouds never do.

variable "node" {} # 1 or 2

variable "advert_int" { default = "100ms" } # a host that dies is noticed after less than four of them

vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  priority          = tonumber(var.node) == 1 ? 100 : 90
  version           = 3
  advert_int        = var.advert_int
  virtual_ipaddress = ["192.168.25.100/24"]
  use_vmac          = true # an interface vrrp.51 beside eth0
}
