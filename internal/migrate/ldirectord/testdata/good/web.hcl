# From web.cf of ldirectord.

global {
  email {
    smtp_server = "mail.example.org:25"
    from        = "ldirectord@example.org"
    to          = ["admin@example.org", "\"Second Admin\" <second@example.org>"]
  }
}

# Ask Alice before you change anything.
virtual_server "shop" {
  address                 = "192.0.2.10:80"
  lb_algo                 = "wlc"
  lb_kind                 = "DR"
  persistence_timeout     = "10m"
  persistence_granularity = "255.255.255.0"
  delay_loop              = "5s"
  warmup                  = "1s"
  connect_timeout         = "3s"
  retry                   = 0
  inhibit_on_failure      = true

  sorry_server "127.0.0.1:80" {}

  http_get {
    redirects = 7

    url {
      path        = "/index.html"
      virtualhost = "www.example.org"
      regex       = "Test Page"
    }
  }

  real_server "192.0.2.31:80" { weight = 1 }
  real_server "192.0.2.32:80" { weight = 5 }

  real_server "192.0.2.33:80" {
    weight = 2

    http_get {
      redirects = 7

      url {
        path        = "/health"
        virtualhost = "www.example.org"
        regex       = "all is well"
      }
    }
  }
}

virtual_server "192.0.2.10:443" {
  address            = "192.0.2.10:443"
  lb_algo            = "wrr"
  lb_kind            = "DR"
  delay_loop         = "5s"
  warmup             = "1s"
  connect_timeout    = "3s"
  retry              = 2
  delay_before_retry = "5s"

  ssl_get {
    tls_verify = false
    enable_sni = false
    method     = "HEAD"
    redirects  = 7
    url { path = "/" }
  }

  real_server "192.0.2.31:443" { weight = 1 }
  real_server "192.0.2.32:443" { weight = 1 }
  real_server "192.0.2.33:443" { weight = 1 }
}
