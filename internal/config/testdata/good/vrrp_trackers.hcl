# What virtual routers depend on, and what depends on them.
global {
  script_user             = "ldirector"
  vrrp_startup_delay      = 5
  vrrp_delay_after_boot   = "30s"
  guardian                = false
  notify_fifo             = "/run/ldirector/notify"
  notify_fifo_script      = "/usr/local/bin/reader -v"
  vrrp_notify_fifo        = "/run/ldirector/vrrp"
  vrrp_notify_fifo_script = ["/usr/local/bin/reader"]
  lvs_notify_fifo         = "/run/ldirector/lvs"
  lvs_notify_fifo_script  = ["/usr/local/bin/reader", "lvs"]
}

vrrp_script "chk_nginx" {
  script   = ["/usr/local/bin/check-nginx", "-q"]
  interval = "3s"
  timeout  = "2s"
  rise     = 2
  fall     = 3
  weight   = -20
}

vrrp_script "chk_other" {
  script    = "/usr/local/bin/check"
  user      = "nobody nogroup"
  init_fail = true
}

vrrp_track_process "haproxy" { process = "haproxy" }

vrrp_track_process "no rival" {
  process    = "/usr/sbin/keepalived"
  quorum_max = 0
}

vrrp_track_process "no parameters" {
  process      = "a"
  full_command = true
  param_match  = "partial"
}

vrrp_track_process "workers" {
  process         = ["nginx:", "worker"]
  param_match     = "initial"
  full_command    = true
  weight          = 10
  weight_reverse  = true
  quorum          = 2
  quorum_max      = 8
  delay           = "1.5s"
  terminate_delay = 3
}

track_file "drain" { file = "/etc/ldirector/drain" }

check "web" {
  http_get {
    connect_ip   = "192.0.2.80"
    connect_port = 80
    url { path = "/" }
  }
}

track_check "gw" {
  ping_check { connect_ip = "192.0.2.254" }
  ping_check {
    connect_ip = "192.0.2.253"
    retry      = 0
  }
  weight     = -30
  delay_loop = "500ms"
}

track_check "database" {
  checks = ["web"]
  tcp_check {
    connect_ip   = "2001:db8::5"
    connect_port = 5432
    bind_if      = "eth1"
  }
  misc_check { misc_path = "/usr/local/bin/check-db" }
  file_check { track_file = "drain" }
}

vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress = ["192.0.2.10/24"]
  track_interface   = ["eth1 weight -30 reverse", "eth2", "eth3 reverse"]
  track_script      = ["chk_nginx", "chk_other weight 5"]
  track_file        = ["drain weight -254"]
  track_process     = ["haproxy", "workers", "no rival", "no parameters"]
  track_check       = ["gw", "database weight -40 noreverse"]
  track_virtual_server = ["web shop weight -50"]
}

vrrp_instance "VI_2" {
  interface            = "eth1"
  virtual_router_id    = 52
  virtual_ipaddress    = ["192.0.2.20/24"]
  track_process        = ["workers weight 0"]
  track_virtual_server = ["web shop"]
  dont_track_primary   = true
}

vrrp_instance "VI_3" {
  interface         = "eth2"
  virtual_router_id = 53
  virtual_ipaddress = ["192.0.2.30/24"]
}

vrrp_instance "VI_4" {
  interface         = "eth3"
  virtual_router_id = 54
  virtual_ipaddress = ["192.0.2.40/24"]
  track_check       = ["gw"]
}

vrrp_sync_group "strict" {
  group                   = ["VI_2", "VI_3"]
  track_script            = ["chk_nginx"]
  track_file              = ["drain weight 2 reverse"]
  notify                  = "/bin/any"
  notify_master           = "/bin/master"
  notify_backup           = "/bin/backup"
  notify_fault            = "/bin/fault"
  notify_stop             = "/bin/stop"
  notify_priority_changes = true
}

vrrp_sync_group "weighted" {
  group                      = ["VI_4"]
  sync_group_tracking_weight = true
}

static_ipaddress {
  addresses = ["198.51.100.1/24 dev eth5 track_group lost", "2001:db8:5::1/64 dev eth5 home -nodad mngtmpaddr no_track", "239.1.1.1 dev eth5 autojoin noprefixroute"]
}

static_ipaddress { addresses = ["198.51.100.9 peer 198.51.100.10/31 dev ppp0"] }

static_routes {
  routes = ["203.0.113.0/24 via 198.51.100.254 dev eth5 track_group lost", "blackhole 10.0.0.0/8"]
}

static_rules {
  rules = ["from 203.0.113.0/24 table 100 preference 1000 track_group lost"]
}

track_group "lost" { group = ["VI_1", "VI_3"] }

virtual_server "web shop" {
  address      = "192.0.2.10:80"
  lb_algo      = "rr"
  lb_kind      = "DR"
  real_servers = ["192.0.2.31"]
  tcp_check {}
}
