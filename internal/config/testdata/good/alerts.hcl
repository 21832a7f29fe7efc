global {
  router_id   = "lvs1"
  script_user = "nobody"
  email {
    smtp_server        = "2001:db8::25"
    to                 = ["ops@example.com", "Second <second@example.com>"]
    from               = "The directors <lvs@example.com>"
    helo_name          = "lvs1.example.com"
    connect_timeout    = 5
    tls                = "starttls"
    user               = "lvs"
    password           = "file:/etc/ldirector/smtp.password"
    digest             = "0s"
    max_per_hour       = 0
    smtp_alert_vrrp    = true
    no_email_faults    = true
    ca                 = "/etc/ssl/own.pem"
  }
  webhook "chat" {
    url     = "file:/etc/ldirector/chat.url"
    headers = { "x-from" = "lvs" }
    body    = "{\"text\": {{ json .Subject }}, \"lines\": [{{ range $i, $e := .Events }}{{ if $i }}, {{ end }}{{ json $e.Text }}{{ end }}]}"
    events  = ["quorum_lost", "quorum_gained"]
  }
  webhook "plain" {
    url        = "http://192.0.2.7:8080/x"
    method     = "PUT"
    headers    = { Content-Type = "text/plain" }
    body       = "{{ .RouterID }}: {{ len .Events }}"
    token      = "abc"
    tls_verify = false
  }
  alert_command "log" {
    command = "/usr/bin/logger -t lvs"
    events  = ["all"]
  }
}
vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress = ["192.0.2.10"]
  smtp_alert        = false
}
vrrp_sync_group "SG" {
  group      = ["VI_1"]
  smtp_alert = true
}
pool "web" {
  real_server "192.0.2.31" { smtp_alert = false }
  real_server "192.0.2.32" {}
}
virtual_server "web" {
  address    = "192.0.2.10:80"
  lb_algo    = "rr"
  lb_kind    = "DR"
  smtp_alert = true
  pool       = "web"
}
