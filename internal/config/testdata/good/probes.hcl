# Every probe with what it can say.
ssl {
  ca              = "/etc/ldirector/ca.pem"
  certificate     = "/etc/ldirector/client.pem"
  key             = "/etc/ldirector/client.key"
  tls_min_version = "1.3"
  expiry_warning  = "336h"
}

track_file "maintenance" {
  file      = "/run/ldirector/maintenance"
  weight    = -10
  init_file = "0 overwrite"
}

virtual_server "web" {
  address     = "192.0.2.10:80"
  lb_algo     = "rr"
  lb_kind     = "DR"
  delay_loop  = "11s"
  virtualhost = "www.example.org"
  http_get {
    connect_timeout = "2s"
    http_protocol   = "1.1"
    method          = "POST"
    headers         = { "X-Probe" = "yes", "Accept" = "text/plain" }
    body            = "a=b&c=d"
    basic_auth      = "user:password"
    redirects       = 2
    body_limit      = 4096
    weight_from     = header("X-Weight")
    url {
      path        = "/health"
      status_code = "200 301-302"
      digest      = "9B3a0c85a887a256d6939da88aabd8cd"
    }
    url {
      path             = "/"
      status_code      = [200]
      virtualhost      = "example.org"
      regex            = "ok|fine"
      regex_no_match   = true
      regex_options    = ["caseless", "dotall"]
      regex_min_offset = 1
      regex_max_offset = 100
    }
  }

  real_server "192.0.2.31" {}
  real_server "192.0.2.32" { virtualhost = "two.example.org" }
  real_server "192.0.2.33" {
    ssl_get {
      connect_port  = 443
      http_protocol = "2"
      virtualhost   = "three.example.org"
      weight_from   = body("load=(\\d+)")
      tls_verify    = false
      enable_sni    = false
      url { path = "/" }
    }
    ssl_get {
      connect_port = 443
      weight_from  = body()
      certificate  = "/etc/ldirector/other.pem"
      sni_name     = "sni.example.org"
      url {
        path   = "/"
        sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
      }
    }
  }
}

virtual_server "others" {
  address    = "192.0.2.11:25"
  lb_algo    = "rr"
  lb_kind    = "DR"
  delay_loop = "11s"
  real_server "192.0.2.31" {
    tcp_check {
      send       = "PING\r\n"
      expect     = "^\\+PONG"
      lines      = true
      half_close = true
    }
    tcp_check {
      tls            = true
      tls_verify     = false
      expiry_warning = 0
    }
    smtp_check {
      helo_name = "lvs.example.org"
      starttls  = true
    }
    dns_check {}
    dns_check {
      type      = "A"
      name      = "www.example.org"
      expect    = ["192.0.2.80", "192.0.2.81"]
      regex     = "^192"
      transport = "tcp"
      retry     = 1
    }
    imap_check {
      login  = "probe"
      passwd = "secret"
      tls    = true
    }
    pop_check { starttls = true }
    file_check {
      track_file     = "maintenance"
      weight         = 2
      weight_reverse = true
      delay_loop     = "30s"
    }
    file_check { track_file = "maintenance" }
  }
}

# Scripts hear of their virtual server, but not in pools and checks.
virtual_server "scripts" {
  addresses  = ["192.0.2.12:53", "192.0.2.13:53"]
  protocols  = ["UDP", "TCP"]
  lb_algo    = "rr"
  lb_kind    = "DR"
  delay_loop = "11s"
  checks     = ["script"]
  misc_check { misc_path = "/usr/local/bin/check 'two words'" }
  real_server "192.0.2.31" {}
  real_server "192.0.2.32" {
    retry = 4
    misc_check {
      misc_path    = ["/usr/local/bin/check", "-q"]
      misc_timeout = "5s"
      misc_dynamic = true
      user         = "nobody nogroup"
    }
    misc_check {
      misc_path = "/usr/lib/nagios/plugins/check_http"
      nagios    = true
      user      = ["nagios"]
      retry     = 2
    }
  }
}
virtual_server "marked-scripts" {
  fwmark  = 7
  lb_algo = "rr"
  lb_kind = "DR"
  misc_check { misc_path = "/usr/local/bin/check" }
  real_servers = ["192.0.2.31"]
}
virtual_server "pooled-scripts" {
  address = "192.0.2.14:53"
  lb_algo = "rr"
  lb_kind = "DR"
  pool    = "scripts"
}
pool "scripts" {
  virtualhost  = "pool.example.org"
  real_servers = ["192.0.2.31"]
  misc_check { misc_path = "/usr/local/bin/check" }
  http_get {
    url { path = "/" }
  }
}
check "script" {
  misc_check { misc_path = "/usr/local/bin/other" }
}

virtual_server "more" {
  address  = "192.0.2.15:53"
  protocol = "UDP"
  lb_algo  = "rr"
  lb_kind  = "DR"
  real_server "192.0.2.31" {
    ping_check { bind_if = "eth1" }
    udp_check {}
    udp_check {
      payload          = "0a ff f"
      require_reply    = "0X ff"
      min_reply_length = 1
      max_reply_length = 512
    }
    udp_check { require_reply = true }
    grpc_check { service = "example.Shop" }
    redis_check {
      passwd = "secret"
      role   = "master"
    }
    mysql_check {}
    mysql_check {
      login    = "probe"
      passwd   = "secret"
      database = "shop"
      request  = "SELECT state FROM health"
      receive  = "^up"
      tls      = true
    }
    ftp_check {
      login    = "anonymous"
      passwd   = "probe@example.org"
      request  = "welcome.txt"
      receive  = "hello"
      starttls = true
    }
    nntp_check { request = "news.announce" }
    sip_check {
      login     = "probe@example.org"
      transport = "tcp"
    }
  }
}

virtual_server "directories" {
  address = "192.0.2.16:389"
  lb_algo = "rr"
  lb_kind = "DR"
  real_server "192.0.2.31" {
    pgsql_check {
      login  = "probe"
      passwd = "secret"
    }
    ldap_check {
      base     = "o=example"
      request  = "(objectClass=*)"
      receive  = "^o: example"
      starttls = true
    }
    radius_check {
      login  = "probe"
      passwd = "password"
      secret = "shared"
    }
  }
}
