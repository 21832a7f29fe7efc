# Every checker with what people write in it.
global {
  router_id   = "LVS_CHECKERS"
  script_user = "nobody"
}

ssl {
  tls_verify = false
  password   = "secret"
  # keepalived: ca /etc/keepalived/ca.pem
  certificate = "/etc/keepalived/client.pem"
  key         = "/etc/keepalived/client.key"
}

track_file "maintenance" {
  file      = "/run/maintenance"
  weight    = -1
  init_file = "0 overwrite"
}

virtual_server "192.0.2.10-443-tcp" {
  address     = "192.0.2.10:443"
  protocol    = "TCP"
  lb_algo     = "wrr"
  lb_kind     = "NAT"
  alpha       = false
  delay_loop  = "6s"
  virtualhost = "www.example.org"

  real_server "10.0.0.1:443" {
    weight = 10

    ssl_get {
      enable_sni    = true
      http_protocol = "1.0C"
      # keepalived: fast_recovery
      connect_timeout    = "3s"
      retry              = 3
      delay_before_retry = "2s"

      url {
        path   = "/health"
        digest = "9b3a0c85a887a256d6939da88aabd8cd"
      }

      url {
        path             = "/cart"
        status_code      = "200 301-302"
        virtualhost      = "shop.example.org"
        regex            = "total: [0-9]+"
        regex_options    = ["caseless"]
        regex_min_offset = 5
        regex_max_offset = 500
      }
    }
  }

  real_server "10.0.0.2:443" {
    ssl_get {
      enable_sni = false
      alpha      = true

      url {
        path  = "/"
        regex = "^(?!error)"
        # keepalived: tls_compliant
      }

      delay_before_retry = "3s"
    }
  }

  real_server "10.0.0.3:80" {
    http_get {
      # keepalived: enable_sni
      connect_ip = "10.0.1.3"
      bindto     = "10.0.0.254"
      bind_port  = 1024
      bind_if    = "eth1"
      fwmark     = 5
      warmup     = "0s"
      url { path = "/" }
      delay_before_retry = "3s"
    }

    file_check {
      track_file     = "maintenance"
      weight         = 2
      weight_reverse = true
    }
  }
}

virtual_server "192.0.2.11-53-udp" {
  address    = "192.0.2.11:53"
  protocol   = "UDP"
  lb_algo    = "sh"
  lb_kind    = "DR"
  alpha      = false
  delay_loop = "10s"

  real_server "10.0.0.4:53" {
    dns_check {
      type               = "A"
      name               = "www.example.org"
      retry              = 3
      delay_before_retry = "10s"
    }

    ping_check {
      # keepalived: connect_port 7
      retry = 2
    }

    udp_check {
      payload          = "0001"
      require_reply    = "00X1"
      min_reply_length = 12
      max_reply_length = 512
    }
  }

  real_server "10.0.0.5:53" {
    misc_check {
      misc_path    = ["/usr/local/bin/check.sh", "-H", "10.0.0.5"]
      misc_timeout = "4s"
      misc_dynamic = true
      user         = "nobody nogroup"
      retry        = 0
    }

    udp_check { require_reply = true }
  }
}

virtual_server "192.0.2.12-25-tcp" {
  address  = "192.0.2.12:25"
  protocol = "TCP"
  lb_algo  = "rr"
  lb_kind  = "DR"
  alpha    = false

  real_server "10.0.0.6:25" {
    smtp_check { helo_name = "lvs.example.org" }
    tcp_check { connect_port = 587 }
  }
}
