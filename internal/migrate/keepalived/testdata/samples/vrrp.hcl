# keepalived: vrrp_version 3
# keepalived: vrrp_garp_master_repeat 2
# keepalived: vrrp_garp_master_refresh 60
# keepalived: vrrp_min_garp off
# keepalived: vrrp_strict
# keepalived: vrrp_mcast_group4 224.0.0.19
# keepalived: vrrp_mcast_group6 ff02::13
# keepalived: vrrp_iptables
# keepalived: enable_traps
# keepalived: default_interface eth9

global {
  vrrp_notify_fifo        = "/run/fifo"
  vrrp_notify_fifo_script = ["/usr/local/bin/reader", "-v"]
}

static_ipaddress {
  addresses = [
    "192.0.2.1/24 dev eth0 scope global",
    "192.0.2.2/24 dev eth9",
  ]
}

static_routes {
  routes = [
    # out
    "src 192.0.2.1 to 198.51.100.0/24 via 192.0.2.254 dev eth0 scope link table 1",
  ]
}

static_rules { rules = ["from 198.51.100.0/24 table 1"] }

vrrp_track_process "httpd" {
  process = ["nginx", "-g", "daemon"]
  weight  = 5
  quorum  = 2
  delay   = "1.5s"
}

track_file "drain" {
  file           = "/etc/keepalived/drain"
  weight         = 10
  weight_reverse = true
  init_file      = "0"
}

vrrp_script "local" {
  script    = ["/usr/bin/pgrep", "-x", "nginx"]
  interval  = "1s"
  timeout   = "2s"
  fall      = 3
  rise      = 2
  weight    = -30
  user      = "nobody"
  init_fail = true
}

vrrp_sync_group "G1" {
  group                      = ["inside", "outside"]
  track_interface            = ["eth3 weight 5"]
  notify                     = ["/usr/local/bin/notify", "group"]
  sync_group_tracking_weight = true
  smtp_alert                 = true
}

vrrp_instance "inside" {
  interface                  = "eth0"
  virtual_router_id          = 51
  priority                   = 150
  state                      = "BACKUP"
  advert_int                 = "260ms"
  unicast_src_ip             = "192.0.2.3"
  unicast_peer               = ["192.0.2.4", "192.0.2.5 min_ttl 254 max_ttl 255"]
  use_vmac                   = "vrrp.51"
  vmac_xmit_base             = true
  virtual_ipaddress          = ["192.0.2.100/24"]
  virtual_ipaddress_excluded = ["192.0.2.101/24 dev eth1", "2001:db8::101/64 dev eth1"]
  virtual_routes             = ["198.51.100.0/24 via 192.0.2.254 dev eth0"]
  virtual_rules              = ["from 192.0.2.100 table 7"]
  track_interface            = ["eth0", "eth1 weight -20"]
  track_script               = ["local weight -40"]
  track_process              = ["httpd"]
  track_file                 = ["drain weight 1"]
  preempt_delay              = "5m"
  garp_master_delay          = "10s"
  notify_master              = ["/usr/local/bin/notify", "master"]
  notify_fault               = ["/usr/local/bin/fault"]
  # keepalived: authentication { … }
  version                 = 3
  garp_master_repeat      = 2
  garp_master_refresh     = "60s"
  no_accept               = true
  lower_prio_no_advert    = true
  higher_prio_send_advert = false
  owner_ignore_adverts    = true
  garp_lower_prio_repeat  = 0
}

ipvs {
  sync_daemon {
    interface     = "eth5"
    vrrp_instance = "inside"
  }
}

vrrp_instance "outside" {
  state = "MASTER"
  # keepalived: nopreempt
  interface           = "eth1"
  virtual_router_id   = 52
  virtual_ipaddress   = ["fe80::1/64", "2001:db8::100/64"]
  priority            = 255
  version             = 3
  garp_master_repeat  = 2
  garp_master_refresh = "60s"
  strict_mode         = true
  mcast_dst_ip        = "ff02::13"
}

vrrp_instance "old" {
  version           = 2
  state             = "MASTER"
  interface         = "eth2"
  virtual_router_id = 53
  priority          = 255
  advert_int        = "3s"

  authentication {
    auth_type = "PASS"
    auth_pass = "secret12"
  }

  virtual_ipaddress   = ["203.0.113.1"]
  garp_master_repeat  = 2
  garp_master_refresh = "60s"
  strict_mode         = true
  mcast_dst_ip        = "224.0.0.19"
}

vrrp_instance "secure" {
  version           = 2
  interface         = "eth2"
  virtual_router_id = 54
  # keepalived: authentication { … }
  virtual_ipaddress   = ["203.0.113.2 preferred_lft 0 no_track"]
  priority            = 100
  garp_master_repeat  = 2
  garp_master_refresh = "60s"
  strict_mode         = true
  mcast_dst_ip        = "224.0.0.19"
}

# keepalived: vrrp_instance old {
# keepalived:   virtual_router_id 55
# keepalived: }
