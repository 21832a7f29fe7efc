vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress = ["192.168.25.100/24"]
  garp_master_repeat = -1
  garp_master_delay = "2h"
}
