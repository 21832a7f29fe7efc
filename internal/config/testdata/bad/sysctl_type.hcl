ipvs {
  sysctl    = { sloppy_tcp = "on" }
  exclusive = "yes"
}
