global {
  api { group = "lvs" }
  http {
    listen      = "[::]:9650"
    certificate = "/etc/ldirector/http.pem"
    key         = "/etc/ldirector/http.key"
    token       = "0123456789abcdef"
  }
}
