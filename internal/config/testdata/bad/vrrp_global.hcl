global {
  vrrp_startup_delay      = "25h"
  notify_fifo             = "run/fifo"
  vrrp_notify_fifo        = "/run/fifo"
  lvs_notify_fifo         = "/run/fifo"
  notify_fifo_script      = "bin/reader"
}
