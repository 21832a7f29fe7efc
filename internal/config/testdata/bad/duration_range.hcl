virtual_server "web" {
  address = "192.168.25.100:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {}
  delay_loop = 0
  connect_timeout = "-3s"
  warmup = "48h"
  delay_before_retry = 1e300
}
