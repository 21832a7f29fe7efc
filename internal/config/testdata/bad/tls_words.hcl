ssl {
  ca         = "ca.pem"
  tls_verify = false
  password   = "secret"
}
virtual_server "web" {
  address     = "192.168.25.100:80"
  lb_algo     = "wrr"
  lb_kind     = "DR"
  virtualhost = "www.example.org"
  tcp_check {
    sni_name        = "www.example.org"
    tls_min_version = "1.3"
  }
  smtp_check {
    tls      = true
    starttls = true
  }
  smtp_check { ca = "/etc/ca.pem" }
  imap_check {
    tls          = true
    ca           = "/etc/ca.pem"
    key          = "/etc/key.pem"
    key_password = "secret"
    enable_sni   = false
    sni_name     = "www.example.org"
  }
  pop_check {
    tls             = true
    tls_verify      = true
    certificate     = ""
    tls_min_version = "1.4"
  }
  real_server "192.168.25.31" {}
}
