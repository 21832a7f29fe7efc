global {
  router_id   = "lvs-1"
  script_user = "nobody"
  log {
    level  = "debug"
    format = "json"
  }
  api { listen = "unix:/tmp/ldirector.sock" }
}
ipvs {
  on_exit = "keep"
  resync  = 90
}
