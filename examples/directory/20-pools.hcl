# The web servers. Every service that names the pool uses them; they are probed
# once for all.

pool "web" {
  delay_loop = "2s"
  tcp_check {
    connect_timeout    = "2s"
    connect_port       = 80
    retry              = 1
    delay_before_retry = "500ms"
  }

  real_server "192.168.25.31" {}
  real_server "192.168.25.32" { weight = 2 }
}
