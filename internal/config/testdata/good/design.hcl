# The normative example of the language, as far as it is built.
variable "vip" { default = "192.168.25.100" } # override: -var vip=…, LDIRECTOR_VAR_vip

global {
  router_id   = "LVS_DEVEL"
  script_user = "ldirector"
  log {
    level  = "info"
    format = "text" # or json
  }
  api { listen = "unix:/run/ldirector/ldirector.sock" }
  http { listen = "127.0.0.1:9650" } # status page, /metrics, /api/v1 read-only, /healthz
}

ipvs {
  tcp_timeout     = "15m"
  tcp_fin_timeout = "2m"
  udp_timeout     = "5m"
  exclusive       = false    # true: remove services that are not in this configuration
  on_exit         = "remove" # or "keep"
  sysctl          = { expire_nodest_conn = 1, sloppy_tcp = 1 }
  sync_daemon {
    interface     = "eth1"
    vrrp_instance = "VI_1"
    id            = 51
  }
}

vrrp_script "chk_nginx" {
  script   = ["/usr/local/bin/check-nginx", "-q"] # a list is exec'd; a string is split like a shell would, no shell
  interval = "3s"
  timeout  = "2s"
  rise     = 2
  fall     = 3
  weight   = -20
}

vrrp_instance "VI_1" {
  state             = "BACKUP"
  interface         = "ens160"
  virtual_router_id = 51
  priority          = 100
  version           = 2 # the default, as keepalived
  advert_int        = "1s"
  authentication { # version 2 only
    auth_type = "PASS"
    auth_pass = "1111"
  }
  virtual_ipaddress = ["${var.vip}/24", "192.168.25.101/24 dev ens192 label ens192:1"]
  track_script      = ["chk_nginx"]
  track_interface   = ["ens192 weight -30"]
  notify_master     = ["/etc/ldirector/notify.sh", "master"]
}

vrrp_instance "VI_2" {
  interface         = "ens192"
  virtual_router_id = 52
  priority          = 90
  version           = 3
  advert_int        = "100ms"
  virtual_ipaddress = ["192.168.26.100/24"]
}

vrrp_sync_group "SG" {
  group                      = ["VI_1", "VI_2"]
  sync_group_tracking_weight = true # or the weights above have no effect, as in keepalived
}

virtual_server "web" {
  address             = "${var.vip}:80"
  protocol            = "TCP" # the default
  lb_algo             = "wrr"
  lb_kind             = "DR"
  delay_loop          = "6s"
  persistence_timeout = "50s"
  alpha               = true # wait for the first good probe (the default here)
  quorum              = 1
  sorry_server "127.0.0.1:80" {}

  tcp_check { connect_timeout = "3s" } # the default probe of every real server below

  real_server "192.168.25.31:80" { weight = 1 }
  real_server "192.168.25.32:80" {
    weight = 2
    tcp_check {
      connect_timeout    = "10s"
      retry              = 3
      delay_before_retry = "3s"
    }
  }
}

virtual_server "short" {
  address      = "${var.vip}:81"
  lb_algo      = "rr"
  lb_kind      = "DR"
  real_servers = ["192.168.25.31:81", "192.168.25.32:81 weight 2"]
}
