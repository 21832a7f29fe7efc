track_file "drain" { file = "/etc/keepalived/drain" }

bfd_instance "peer" {
  neighbor_ip = "10.0.0.5"
  source_ip   = "10.0.0.250"
  min_rx      = "50ms"
  min_tx      = "12.5ms"
  multiplier  = 3
  passive     = true
}

virtual_server "192.0.2.10-80-tcp" {
  address  = "192.0.2.10:80"
  protocol = "TCP"
  lb_algo  = "rr"
  lb_kind  = "DR"
  # two of three
  quorum             = 4
  hysteresis         = 0
  alpha              = false
  delay_loop         = "3s"
  quorum_up          = ["/sbin/ip", "addr", "add", "192.0.2.10/32", "dev", "lo"]
  quorum_down        = ["/sbin/ip", "addr", "del", "192.0.2.10/32", "dev", "lo"]
  retry              = 2
  delay_before_retry = "500ms"
  omega              = true
  ha_suspend         = true

  real_server "10.0.0.1:80" {
    weight    = 1
    notify_up = ["/usr/local/bin/notify", "real server", "up"]

    misc_check {
      misc_path    = ["/usr/local/bin/check", "-H", "10.0.0.1"]
      misc_dynamic = true
      user         = "nobody"
      misc_timeout = "3s"
    }
  }

  real_server "10.0.0.2:80" {
    weight = 2

    misc_check {
      misc_path    = ["/usr/local/bin/check"]
      misc_timeout = "4s"
    }

    dns_check {
      type = "a"
      name = "example.com"
    }
  }

  real_server "10.0.0.3:80" {
    inhibit_on_failure = false

    smtp_check {
      connect_timeout = "4s"
      helo_name       = "lvs.example.com"
      connect_ip      = "10.0.0.3"
      connect_port    = 25
    }

    smtp_check {
      connect_timeout = "4s"
      helo_name       = "lvs.example.com"
      connect_ip      = "10.0.0.4"
      connect_port    = 587
    }
  }

  # keepalived: real_server 10.0.0.2 80 {
  # keepalived:   weight 7
  # keepalived: }

  real_server "10.0.0.5:80" {
    weight = 0
    ping_check {}

    udp_check {
      payload       = "0123456789abcdef"
      require_reply = "01XX"
    }

    file_check {
      track_file     = "drain"
      weight         = -1
      weight_reverse = true
    }

    bfd_check { name = "peer" }
  }
}
