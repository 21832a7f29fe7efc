global {
  api { group = "two groups" }
  http {
    listen = "localhost:9650"
    key    = "/etc/ldirector/http.key"
    token  = "short"
  }
}
