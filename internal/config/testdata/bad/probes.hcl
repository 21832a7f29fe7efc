track_file "a" { file = "relative" }
track_file "b" {
  file      = "/b"
  init_file = "overwrite 1"
}
track_file "unused" { file = "/c" }
virtual_server "web" {
  address = "192.168.25.100:80"
  lb_algo = "wrr"
  lb_kind = "DR"
  real_server "192.168.25.31" {
    virtualhost = "www.example.org"
    tcp_check { expect = "(" }
    tcp_check { lines = true }
    tcp_check { half_close = true }
    imap_check { passwd = "secret" }
    imap_check { login = "" }
    dns_check { type = "QUESTION" }
    dns_check {
      type   = "A"
      expect = ["example.org"]
    }
    dns_check { transport = "TCP" }
    file_check {}
    file_check { track_file = "c" }
    file_check { track_file = "bb" }
    file_check { track_file = "a" }
    file_check { track_file = "b" }
    smtp_check { helo_name = "two words" }
    misc_check {}
    misc_check { misc_path = "bin/check" }
    misc_check {
      misc_path    = "/bin/check"
      misc_dynamic = true
      nagios       = true
      user         = "a b c"
    }
    misc_check {
      misc_path       = "/bin/check"
      connect_timeout = "3s"
      user            = "-"
    }
  }
}
