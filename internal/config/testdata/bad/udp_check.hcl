virtual_server "web" {
  address = "192.168.25.100:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {
    udp_check { payload = "0g" }
    udp_check { payload = "" }
    udp_check { min_reply_length = 3 }
    udp_check { require_reply = "" }
    udp_check { require_reply = "xyz" }
    udp_check { require_reply = ["0a"] }
    udp_check {
      require_reply    = true
      min_reply_length = 9
      max_reply_length = 8
    }
    ping_check { connect_port = 7 }
    sip_check { tls = true }
    redis_check { login = "a" }
    mysql_check { request = "SELECT 1" }
    ftp_check { request = "file" }
    grpc_check { service = 7 }
    nntp_check { request = "two\nlines" }
  }
}
