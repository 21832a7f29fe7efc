ipvs {
  on_exit = "flush"
  resync = 0
  exclusive = true
}
