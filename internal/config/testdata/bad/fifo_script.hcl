global {
  lvs_notify_fifo_script = "/bin/reader"
}
