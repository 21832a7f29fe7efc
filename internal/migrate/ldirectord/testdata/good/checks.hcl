# From checks.cf of ldirectord.

virtual_server "192.0.2.10:21" {
  address            = "192.0.2.10:21"
  lb_algo            = "wrr"
  lb_kind            = "NAT"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "20s"
  retry              = 2
  delay_before_retry = "10s"

  sorry_server "192.0.2.40:21" { lvs_method = "DR" }

  ftp_check {
    login   = "anonymous"
    passwd  = "ldirector@localhost"
    request = "/welcome.txt"
    receive = "hello"
  }

  real_server "192.0.2.31:21" { weight = 1 }
}

virtual_server "192.0.2.10:25" {
  address            = "192.0.2.10:25"
  lb_algo            = "wrr"
  lb_kind            = "NAT"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "20s"
  retry              = 2
  delay_before_retry = "10s"

  sorry_server "192.0.2.40:25" { lvs_method = "DR" }
  smtp_check {}
  real_server "192.0.2.31:25" { weight = 1 }
  real_server "192.0.2.32:2525" { weight = 1 }
}

virtual_server "192.0.2.10:587" {
  address            = "192.0.2.10:587"
  lb_algo            = "wrr"
  lb_kind            = "NAT"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "20s"
  retry              = 2
  delay_before_retry = "10s"

  sorry_server "192.0.2.40:587" { lvs_method = "DR" }
  smtp_check { connect_port = 2587 }
  real_server "192.0.2.31:587" { weight = 1 }
}

virtual_server "192.0.2.10:53/udp" {
  address            = "192.0.2.10:53"
  protocol           = "UDP"
  lb_algo            = "wrr"
  lb_kind            = "NAT"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "20s"
  retry              = 2
  delay_before_retry = "10s"

  sorry_server "192.0.2.40:53" { lvs_method = "DR" }

  dns_check {
    type  = "A"
    name  = "www.example.org"
    regex = "192\\.0\\.2\\.(10|11)"
  }

  real_server "192.0.2.31:53" { weight = 1 }
}

virtual_server "192.0.2.11:53" {
  address            = "192.0.2.11:53"
  lb_algo            = "wrr"
  lb_kind            = "NAT"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "20s"
  retry              = 2
  delay_before_retry = "10s"

  sorry_server "192.0.2.40:53" { lvs_method = "DR" }

  dns_check {
    type  = "PTR"
    name  = "10.2.0.192.in-addr.arpa"
    regex = "www"
  }

  real_server "192.0.2.31:53" { weight = 1 }
}

virtual_server "192.0.2.10:80" {
  address            = "192.0.2.10:80"
  lb_algo            = "wrr"
  lb_kind            = "NAT"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "20s"
  retry              = 2
  delay_before_retry = "10s"

  sorry_server "192.0.2.40:80" { lvs_method = "DR" }

  real_server "192.0.2.31:80" {
    weight = 1

    http_get {
      connect_ip   = "192.0.2.99"
      connect_port = 8080
      redirects    = 7

      url {
        path  = "/alive?x=1"
        regex = "yes"
      }
    }
  }

  real_server "192.0.2.32:80" {
    weight = 1

    http_get {
      redirects = 7
      url { path = "/alive" }
    }
  }
}

virtual_server "192.0.2.10:443" {
  address            = "192.0.2.10:443"
  lb_algo            = "wrr"
  lb_kind            = "DR"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "20s"
  retry              = 2
  delay_before_retry = "10s"

  sorry_server "192.0.2.40:443" {}

  ssl_get {
    tls_verify = false
    enable_sni = false
    method     = "HEAD"
    redirects  = 7

    url {
      path        = "/"
      virtualhost = "www.example.org"
    }
  }

  real_server "192.0.2.31:443" { weight = 1 }
}

virtual_server "192.0.2.10:3128" {
  address            = "192.0.2.10:3128"
  lb_algo            = "wrr"
  lb_kind            = "NAT"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "20s"
  retry              = 2
  delay_before_retry = "10s"

  sorry_server "192.0.2.40:3128" { lvs_method = "DR" }

  http_get {
    redirects = 7

    url {
      path  = "http://www.example.org/"
      regex = "Example"
    }
  }

  real_server "192.0.2.31:3128" { weight = 1 }
}

virtual_server "192.0.2.10:110" {
  address            = "192.0.2.10:110"
  lb_algo            = "wrr"
  lb_kind            = "NAT"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "20s"
  retry              = 2
  delay_before_retry = "10s"

  sorry_server "192.0.2.40:110" { lvs_method = "DR" }

  pop_check {
    login  = "test"
    passwd = "secret"
  }

  real_server "192.0.2.31:110" { weight = 1 }
}

virtual_server "192.0.2.10:995" {
  address            = "192.0.2.10:995"
  lb_algo            = "wrr"
  lb_kind            = "NAT"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "20s"
  retry              = 2
  delay_before_retry = "10s"

  sorry_server "192.0.2.40:995" { lvs_method = "DR" }

  pop_check {
    tls        = true
    tls_verify = false
    enable_sni = false
  }

  real_server "192.0.2.31:995" { weight = 1 }
}

virtual_server "192.0.2.10:119" {
  address            = "192.0.2.10:119"
  lb_algo            = "wrr"
  lb_kind            = "NAT"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "20s"
  retry              = 2
  delay_before_retry = "10s"

  sorry_server "192.0.2.40:119" { lvs_method = "DR" }
  nntp_check {}
  real_server "192.0.2.31:119" { weight = 1 }
}

virtual_server "192.0.2.10:143" {
  address            = "192.0.2.10:143"
  lb_algo            = "wrr"
  lb_kind            = "NAT"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "20s"
  retry              = 2
  delay_before_retry = "10s"

  sorry_server "192.0.2.40:143" { lvs_method = "DR" }

  imap_check {
    login  = "test"
    passwd = "secret"
  }

  real_server "192.0.2.31:143" { weight = 1 }
}

virtual_server "192.0.2.10:993" {
  address            = "192.0.2.10:993"
  lb_algo            = "wrr"
  lb_kind            = "NAT"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "20s"
  retry              = 2
  delay_before_retry = "10s"

  sorry_server "192.0.2.40:993" { lvs_method = "DR" }

  imap_check {
    tls        = true
    tls_verify = false
    enable_sni = false
  }

  real_server "192.0.2.31:993" { weight = 1 }
}

virtual_server "192.0.2.10:389" {
  address            = "192.0.2.10:389"
  lb_algo            = "wrr"
  lb_kind            = "NAT"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "20s"
  retry              = 2
  delay_before_retry = "10s"

  sorry_server "192.0.2.40:389" { lvs_method = "DR" }

  ldap_check {
    login           = "cn=test,o=example"
    passwd          = "secret"
    base            = "o=example"
    receive         = "o=example"
    connect_timeout = "4s"
  }

  real_server "192.0.2.31:389" { weight = 1 }
}

virtual_server "192.0.2.10:636" {
  address            = "192.0.2.10:636"
  lb_algo            = "wrr"
  lb_kind            = "NAT"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "20s"
  retry              = 2
  delay_before_retry = "10s"

  sorry_server "192.0.2.40:636" { lvs_method = "DR" }

  ldap_check {
    base            = "o=example"
    connect_timeout = "4s"
    tls             = true
    tls_verify      = false
    enable_sni      = false
  }

  real_server "192.0.2.31:636" { weight = 1 }
}

virtual_server "192.0.2.10:1521" {
  address            = "192.0.2.10:1521"
  lb_algo            = "wrr"
  lb_kind            = "NAT"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "20s"
  retry              = 2
  delay_before_retry = "10s"

  sorry_server "192.0.2.40:1521" { lvs_method = "DR" }

  oracle_check {
    login    = "test"
    passwd   = "secret"
    database = "orcl"
    request  = "SELECT 1 FROM dual"
  }

  real_server "192.0.2.31:1521" { weight = 1 }
}

virtual_server "192.0.2.10:3306" {
  address            = "192.0.2.10:3306"
  lb_algo            = "wrr"
  lb_kind            = "NAT"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "20s"
  retry              = 2
  delay_before_retry = "10s"

  sorry_server "192.0.2.40:3306" { lvs_method = "DR" }

  mysql_check {
    login    = "test"
    passwd   = "$${secret}"
    database = "test"
    request  = "SELECT * FROM alive"
  }

  real_server "192.0.2.31:3306" { weight = 1 }
}

virtual_server "192.0.2.10:5432" {
  address            = "192.0.2.10:5432"
  lb_algo            = "wrr"
  lb_kind            = "NAT"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "20s"
  retry              = 2
  delay_before_retry = "10s"

  sorry_server "192.0.2.40:5432" { lvs_method = "DR" }

  pgsql_check {
    login    = "test"
    database = "test"
    request  = "SELECT 1"
  }

  real_server "192.0.2.31:5432" { weight = 1 }
}

virtual_server "192.0.2.10:1812/udp" {
  address            = "192.0.2.10:1812"
  protocol           = "UDP"
  lb_algo            = "wrr"
  lb_kind            = "NAT"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "20s"
  retry              = 2
  delay_before_retry = "10s"

  sorry_server "192.0.2.40:1812" { lvs_method = "DR" }

  radius_check {
    login           = "test"
    passwd          = "secret"
    secret          = "shared"
    connect_timeout = "4s"
  }

  real_server "192.0.2.31:1812" { weight = 1 }
}

virtual_server "192.0.2.10:5060/udp" {
  address            = "192.0.2.10:5060"
  protocol           = "UDP"
  lb_algo            = "wrr"
  lb_kind            = "NAT"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "20s"
  retry              = 2
  delay_before_retry = "10s"

  sorry_server "192.0.2.40:5060" { lvs_method = "DR" }
  sip_check { login = "ldirector@localhost" }
  real_server "192.0.2.31:5060" { weight = 1 }
}

virtual_server "192.0.2.10:7" {
  address            = "192.0.2.10:7"
  lb_algo            = "wrr"
  lb_kind            = "NAT"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "20s"
  retry              = 2
  delay_before_retry = "10s"

  sorry_server "192.0.2.40:7" { lvs_method = "DR" }

  tcp_check {
    send       = "ping\n"
    half_close = true
    expect     = "pong"
    lines      = true
  }

  real_server "192.0.2.31:7" { weight = 1 }
}

virtual_server "192.0.2.10:8" {
  address = "192.0.2.10:8"
  lb_algo = "wrr"
  lb_kind = "NAT"

  sorry_server "192.0.2.40:8" { lvs_method = "DR" }
  real_server "192.0.2.31:8" { weight = 1 }
}

virtual_server "192.0.2.10:9" {
  address            = "192.0.2.10:9"
  lb_algo            = "wrr"
  lb_kind            = "NAT"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "4s"
  retry              = 2
  delay_before_retry = "10s"

  sorry_server "192.0.2.40:9" { lvs_method = "DR" }
  tcp_check {}
  real_server "192.0.2.31:9" { weight = 1 }
}

virtual_server "192.0.2.10:9/udp" {
  address            = "192.0.2.10:9"
  protocol           = "UDP"
  lb_algo            = "wrr"
  lb_kind            = "NAT"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "4s"
  retry              = 5
  delay_before_retry = "5s"

  sorry_server "192.0.2.40:9" { lvs_method = "DR" }
  ping_check {}
  real_server "192.0.2.31:9" { weight = 1 }
}

virtual_server "192.0.2.10:10" {
  address            = "192.0.2.10:10"
  lb_algo            = "wrr"
  lb_kind            = "NAT"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "4s"
  retry              = 8
  delay_before_retry = "3.333s"

  sorry_server "192.0.2.40:10" { lvs_method = "DR" }
  ping_check {}
  real_server "192.0.2.31:10" { weight = 1 }
}

virtual_server "192.0.2.10:11" {
  address            = "192.0.2.10:11"
  lb_algo            = "wrr"
  lb_kind            = "NAT"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "4s"
  retry              = 2
  delay_before_retry = "10s"

  sorry_server "192.0.2.40:11" { lvs_method = "DR" }

  real_server "192.0.2.31:11" {
    weight = 1

    misc_check {
      misc_path = [
        "/usr/local/bin/check me",
        "192.0.2.10",
        "11",
        "192.0.2.31",
        "11",
      ]
      misc_timeout = "4s"
    }
  }

  real_server "192.0.2.32:11" {
    weight = 1

    misc_check {
      misc_path = [
        "/usr/local/bin/check me",
        "192.0.2.10",
        "11",
        "192.0.2.32",
        "0",
      ]
      misc_timeout = "4s"
    }
  }
}

virtual_server "192.0.2.10:12" {
  address            = "192.0.2.10:12"
  lb_algo            = "wrr"
  lb_kind            = "DR"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "4s"
  retry              = 2
  delay_before_retry = "10s"

  sorry_server "192.0.2.40:12" {}

  misc_check {
    misc_path = [
      "perl",
      "/usr/local/bin/check.pl",
      "192.0.2.10",
      "12",
      "192.0.2.31",
      "12",
    ]
    misc_timeout = "4s"
  }

  real_server "192.0.2.31:12" { weight = 1 }
}

virtual_server "[2001:db8::10]:13" {
  address            = "[2001:db8::10]:13"
  lb_algo            = "wrr"
  lb_kind            = "DR"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "4s"
  retry              = 2
  delay_before_retry = "10s"

  misc_check {
    misc_path = [
      "/bin/true",
      "[2001:db8::10]",
      "13",
      "[2001:db8::31]",
      "13",
    ]
    misc_timeout = "4s"
  }

  real_server "[2001:db8::31]:13" { weight = 1 }
}

virtual_server "192.0.2.10:8080" {
  address            = "192.0.2.10:8080"
  lb_algo            = "wrr"
  lb_kind            = "DR"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "4s"
  retry              = 2
  delay_before_retry = "10s"

  sorry_server "192.0.2.40:8080" {}
  tcp_check {}

  http_get {
    redirects       = 7
    connect_timeout = "20s"
    delay_loop      = "50s"
    url { path = "/" }
  }

  real_server "192.0.2.31:8080" { weight = 1 }
}

virtual_server "192.0.2.10:8081" {
  address            = "192.0.2.10:8081"
  lb_algo            = "wrr"
  lb_kind            = "DR"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "20s"
  retry              = 2
  delay_before_retry = "10s"

  sorry_server "192.0.2.40:8081" {}

  http_get {
    redirects = 7
    url { path = "/" }
  }

  real_server "192.0.2.31:8081" { weight = 1 }
}

virtual_server "192.0.2.10:8082" {
  address            = "192.0.2.10:8082"
  lb_algo            = "wrr"
  lb_kind            = "DR"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "4s"
  retry              = 2
  delay_before_retry = "10s"

  sorry_server "192.0.2.40:8082" {}
  tcp_check {}
  real_server "192.0.2.31:8082" { weight = 1 }
}

virtual_server "192.0.2.10:8083/udp" {
  address            = "192.0.2.10:8083"
  protocol           = "UDP"
  lb_algo            = "wrr"
  lb_kind            = "NAT"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "4s"
  retry              = 2
  delay_before_retry = "10s"

  sorry_server "192.0.2.40:8083" { lvs_method = "DR" }

  sip_check {
    login           = "ldirector@localhost"
    connect_timeout = "20s"
    delay_loop      = "30s"
  }

  real_server "192.0.2.31:514" { weight = 1 }
}

virtual_server "192.0.2.10:14" {
  address = "192.0.2.10:14"
  lb_algo = "wrr"
  lb_kind = "DR"

  sorry_server "192.0.2.40:14" {}
  real_server "192.0.2.31:14" { weight = 0 }
}

virtual_server "192.0.2.10:15" {
  address = "192.0.2.10:15"
  lb_algo = "wrr"
  lb_kind = "DR"

  sorry_server "192.0.2.40:15" {}
  real_server "192.0.2.31:15" { weight = 0 }
}

virtual_server "fwmark 1" {
  fwmark             = 1
  lb_algo            = "wrr"
  lb_kind            = "DR"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "20s"
  retry              = 2
  delay_before_retry = "10s"

  http_get {
    connect_port = 80
    redirects    = 7
    url { path = "/" }
  }

  real_server "192.0.2.31" { weight = 1 }
}

virtual_server "fwmark 2" {
  fwmark  = 2
  lb_algo = "wrr"
  lb_kind = "DR"

  sorry_server "192.0.2.41" {}
  real_server "192.0.2.31" { weight = 1 }
}

virtual_server "fwmark 3" {
  fwmark             = 3
  lb_algo            = "wrr"
  lb_kind            = "DR"
  delay_loop         = "10s"
  warmup             = "1s"
  connect_timeout    = "4s"
  retry              = 2
  delay_before_retry = "10s"

  tcp_check { connect_port = 80 }
  real_server "192.0.2.31" { weight = 1 }
}
