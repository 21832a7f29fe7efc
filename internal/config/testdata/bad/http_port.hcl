global {
  http {
    listen      = "127.0.0.1"
    certificate = "http.pem"
    token       = "0123456789abcdef 0123"
  }
}
