global {
  router_id = ""
  script_user = "no such user"
  log {
    level = "loud"
    format = "XML"
  }
  api { listen = "127.0.0.1:80" }
}
