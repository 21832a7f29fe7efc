# All of VRRP that ldirector has: nothing here becomes a comment.
global {
  router_id             = "LVS"
  script_user           = "root"
  vrrp_startup_delay    = "2s"
  vrrp_delay_after_boot = "30s"
  notify_fifo           = "/run/keepalived.fifo"
  notify_fifo_script    = ["/usr/local/bin/fifo"]
}

# keepalived: vrrp_garp_interval 0.01
# keepalived: vrrp_gna_interval 0.02
# keepalived: vrrp_mcast_group4 224.0.0.19

static_ipaddress {
  addresses = [
    "198.51.100.1/24 dev eth5 track_group uplink",
    "2001:db8:5::1/64 dev eth5 home",
  ]
}

static_routes {
  routes = [
    "203.0.113.0/24 via 198.51.100.254 dev eth5 track_group uplink",
    "blackhole 10.0.0.0/8",
  ]
}

static_rules { rules = ["from 203.0.113.0/24 table 100 preference 1000"] }

track_group "uplink" { group = ["VI_1"] }

garp_group {
  garp_interval = "100ms"
  interfaces    = ["eth0", "eth1"]
}

vrrp_script "chk_nginx" {
  script   = ["/usr/bin/pgrep", "-x", "nginx"]
  interval = "2s"
  timeout  = "1s"
  fall     = 3
  rise     = 2
  weight   = -20
}

vrrp_script "chk_all" {
  script    = ["/bin/true"]
  user      = "nobody"
  init_fail = true
}

vrrp_track_process "haproxy" {
  process = ["haproxy"]
  quorum  = 1
  delay   = "1s"
}

track_file "drain" {
  file      = "/etc/keepalived/drain"
  weight    = -1
  init_file = "0"
}

vrrp_instance "VI_1" {
  state             = "BACKUP"
  interface         = "eth0"
  virtual_router_id = 51
  priority          = 150
  advert_int        = "1s"
  use_vmac          = true
  preempt_delay     = "60s"

  authentication {
    auth_type = "PASS"
    auth_pass = "1111"
  }

  virtual_ipaddress = [
    "192.0.2.10/24 label vrrp.51:1",
    "192.0.2.11/24 dev eth1 brd + no_track",
    "192.0.2.12 peer 192.0.2.13/32 preferred_lft 0",
  ]
  virtual_ipaddress_excluded = ["2001:db8::10/64 dev eth0 -nodad"]
  virtual_routes = [
    "198.51.100.128/25 via 192.0.2.254 dev eth0 table 100 metric 10",
    "192.168.0.0/16 nexthop via 192.0.2.1 weight 2 nexthop via 192.0.2.2",
  ]
  virtual_rules           = ["from 192.0.2.10 table 100 priority 1000"]
  track_interface         = ["eth1 weight -30"]
  track_script            = ["chk_nginx", "chk_all weight 5 reverse"]
  track_process           = ["haproxy"]
  track_file              = ["drain weight 2"]
  garp_master_refresh     = "60s"
  garp_lower_prio_repeat  = 2
  higher_prio_send_advert = true
  notify                  = ["/usr/local/bin/notify"]
  notify_priority_changes = true
  mcast_dst_ip            = "224.0.0.19"
}

vrrp_instance "VI_2" {
  interface                  = "eth2"
  virtual_router_id          = 52
  version                    = 3
  advert_int                 = "100ms"
  nopreempt                  = true
  unicast_src_ip             = "192.0.2.1"
  track_src_ip               = true
  unicast_peer               = ["192.0.2.2", "192.0.2.3 min_ttl 254 max_ttl 255"]
  unicast_ttl                = 254
  no_virtual_ipaddress       = true
  dont_track_primary         = true
  down_timer_adverts         = 5
  skip_check_adv_addr        = true
  v3_checksum_as_v2          = true
  notify_stop                = ["/usr/local/bin/stop"]
  notify_master_rx_lower_pri = ["/usr/local/bin/lower"]
  priority                   = 100
  garp_interval              = "10ms"
  gna_interval               = "20ms"
}

vrrp_instance "VI_6" {
  interface           = "eth2"
  virtual_router_id   = 52
  mcast_src_ip        = "fe80::9"
  virtual_ipaddress   = ["fe80::34/64", "2001:db8::20/64"]
  no_accept           = true
  promote_secondaries = true
  priority            = 100
  version             = 3
  garp_interval       = "10ms"
  gna_interval        = "20ms"
}

vrrp_instance "VI_7" {
  interface         = "eth1"
  virtual_router_id = 77
  virtual_ipaddress = ["192.0.2.77"]
  priority          = 100
  mcast_dst_ip      = "224.0.0.19"
}

vrrp_sync_group "SG" {
  group                      = ["VI_6", "VI_7"]
  track_script               = ["chk_all"]
  sync_group_tracking_weight = true
  notify_master              = ["/usr/local/bin/group"]
}
