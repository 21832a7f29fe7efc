vrrp_script "chk" { script = "bin/relative" }
vrrp_script "unused" {
  script   = "/bin/true"
  interval = "1ms"
  rise     = 0
}
vrrp_track_process "none" { process = "" }
vrrp_track_process "quorum" {
  process     = "a"
  quorum      = 3
  quorum_max  = 2
  param_match = "regex"
}
vrrp_track_process "never" {
  process    = "a"
  quorum     = 1
  quorum_max = 0
}
track_file "big" {
  file   = "/a"
  weight = 1000
}
track_check "empty" {}
track_check "no target" {
  ping_check {}
  tcp_check { connect_port = 80 }
  http_get {
    connect_ip = "192.0.2.1"
    url { path = "/" }
  }
  tcp_check {
    connect_ip   = "192.0.2.1"
    connect_port = 80
    via          = "vip"
    alpha        = true
  }
  tcp_check {
    connect_ip   = "192.0.2.1"
    connect_port = 81
    via          = "vip"
  }
}
track_check "twice" {
  ping_check { connect_ip = "192.0.2.1" }
  ping_check { connect_ip = "192.0.2.1" }
}
vrrp_instance "VI_1" {
  interface            = "eth0"
  virtual_router_id    = 1
  virtual_ipaddress    = ["192.0.2.1"]
  track_interface      = ["eth0 reverse"]
  track_script         = ["chk", "chk weight 5", "chl", "chk weight", "chk weight 5 reverse reverse", "chk weight 300", ""]
  track_file           = ["big", "other"]
  track_process        = ["none", "quorum", "never"]
  track_check          = ["empty", "no target", "twice", "gone"]
  track_virtual_server = ["wep", "web"]
}
vrrp_instance "owner" {
  priority          = 255
  state             = "MASTER"
  interface         = "eth0"
  virtual_router_id = 2
  virtual_ipaddress = ["192.0.2.2"]
  track_file        = ["big weight 0", "big weight 1"]
}
virtual_server "web" {
  address      = "192.0.2.1:80"
  lb_algo      = "rr"
  lb_kind      = "DR"
  real_servers = ["192.0.2.31"]
}
