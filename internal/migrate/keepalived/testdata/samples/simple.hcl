# Configuration File for keepalived
global {
  email {
    to = [
      "admin@example.com", # the boss
      "ops@example.com",
      "other@example.com",
    ]
    from            = "keepalived@example.com"
    smtp_server     = "192.0.2.25:25"
    connect_timeout = "30s"
  }

  router_id = "LVS_DEVEL"
}

# keepalived: lvs_flush
# keepalived: enable_script_security

ipvs {
  sync_daemon {
    interface     = "eth1"
    vrrp_instance = "VI_1"
    id            = 3
  }
}

# keepalived: vrrp_garp_master_delay 1

ssl { tls_verify = false }

vrrp_script "chk" { # the script
  script   = ["/usr/bin/killall", "-0", "my haproxy"]
  interval = "2s"
  weight   = -20
}

# the pair
vrrp_instance "VI_1" {
  state             = "MASTER"
  interface         = "eth0"
  virtual_router_id = 51
  advert_int        = "1s"

  authentication {
    auth_type = "PASS"
    auth_pass = "1111"
  }

  virtual_ipaddress = [
    "192.168.200.11",
    "192.168.200.12/24 dev eth1 label eth1:1", # second
    # third one
    "192.168.200.13/24 brd 192.168.200.255",
  ]
  track_script      = ["chk"]
  priority          = 255
  garp_master_delay = "1s"
}

virtual_server "192.168.200.100-443-tcp" {
  address             = "192.168.200.100:443"
  protocol            = "TCP"
  lb_algo             = "rr"
  lb_kind             = "NAT"
  alpha               = false
  delay_loop          = "6s"
  persistence_timeout = "50s"

  real_server "192.168.201.100:443" {
    weight = 1

    ssl_get {
      enable_sni         = false
      connect_timeout    = "3s"
      retry              = 3
      delay_before_retry = "3s"

      url {
        path   = "/"
        digest = "ff20ad2481f97b1754ef3e12ecd3a9cc"
      }

      url {
        path   = "/mrtg/"
        digest = "9b3a0c85a887a256d6939da88aabd8cd"
      }
    }
  }
}

virtual_server "10.10.10.2-1358-udp" {
  address             = "10.10.10.2:1358"
  protocol            = "UDP"
  lb_algo             = "rr"
  lb_kind             = "DR"
  alpha               = false
  delay_loop          = "6s"
  persistence_timeout = "6m"

  sorry_server "192.168.200.200:1358" {}

  real_server "192.168.200.2:1358" {
    http_get {
      url {
        path        = "/testurl/test.jsp"
        status_code = "200"
      }

      delay_before_retry = "3s"
    }
  }

  real_server "192.168.200.3:1358" {
    tcp_check {
      connect_timeout = "3s"
      connect_port    = 80
    }
  }
}
