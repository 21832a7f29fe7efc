# Everything that one virtual router can be told.
vrrp_instance "v4" {
  interface                  = "eth0"
  virtual_router_id          = 51
  priority                   = 150
  version                    = 3
  advert_int                 = "100ms"
  virtual_ipaddress          = ["192.0.2.10/24 no_track", "192.0.2.11/24 dev eth1 preferred_lft 0 noprefixroute", "192.0.2.12 peer 192.0.2.13"]
  virtual_ipaddress_excluded = ["192.0.2.14/24", "2001:db8::14 dev eth1", "2001:db8::15/64 dev eth1 preferred_lft forever -nodad"]
  virtual_routes = [
    "default via 192.0.2.254",
    "src 192.0.2.10 to 198.51.100.0/24 via 192.0.2.254 dev eth0 table 100 metric 5 scope link protocol bird tos 0x10 onlink no_track",
    "unreachable 10.0.0.0/8",
    "203.0.113.0/24 mtu lock 1400 advmss 1360 hoplimit 64 rtt 20ms rttvar 1s rto_min 200 reordering 3 window 1000 cwnd 10 ssthresh 20 initcwnd 30 initrwnd 40 quickack 1 congctl bbr dev eth1",
    "192.168.0.0/16 table main nexthop via 192.0.2.1 dev eth0 weight 2 onlink nexthop dev eth1",
    "10.1.0.0/16 via inet6 fe80::1 dev eth0",
    "default inet6 via 2001:db8::1 table local",
    "local 192.0.2.77 dev lo scope host",
  ]
  virtual_rules = [
    "from 192.0.2.10 table 100 preference 1000",
    "not to 192.0.2.0/24 iif eth0 oif eth1 fwmark 0x10/0xff tos 8 lookup main suppress_prefixlength 0 priority 7",
    "inet6 from all blackhole order 8 no_track",
    "from 2001:db8::/32 goto 900 preference 800 protocol static",
    "uidrange 0-99 ipproto tcp sport 80 dport 1000-2000 prohibit",
    "l3mdev preference 1001",
    "fwmark 7 nop",
  ]
  promote_secondaries        = true
  no_accept                  = true
  preempt_delay              = "5m"
  down_timer_adverts         = 5
  lower_prio_no_advert       = true
  higher_prio_send_advert    = false
  mcast_src_ip               = "192.0.2.1"
  mcast_dst_ip               = "224.0.0.19"
  track_src_ip               = true
  skip_check_adv_addr        = true
  v3_checksum_as_v2          = true
  use_vmac                   = true
  garp_master_repeat         = 3
  garp_master_delay          = "1s"
  garp_master_refresh        = 60
  garp_master_refresh_repeat = 2
  garp_lower_prio_repeat     = 1
  garp_lower_prio_delay      = 0
  on_address_loss            = "backup"
  on_conflict                = "yield"
  notify_deleted             = "/bin/deleted"
  notify_master_rx_lower_pri = "/bin/lower"
  notify_conflict            = "/bin/conflict"
  notify_priority_changes    = true
  auth_hmac {
    active_key = 2
    mode       = "permissive"
    key "1" { value = "hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" }
    key "2" { value = "file:/etc/ldirector/vrrp.key" }
    key "3" { value = "01234567890123456789012345678901" }
  }
}

vrrp_instance "v6" {
  interface          = "eth0"
  virtual_router_id  = 51
  virtual_ipaddress  = ["fe80::10/64", "2001:db8::10/64", "2001:db8::11"]
  use_vmac           = true
  vmac_xmit_base     = true
  garp_lower_prio_repeat = 2
  garp_interval      = "10ms"
  gna_interval       = "20ms"
  auth_hmac {
    anti_replay = "monotonic"
    mode        = "receive-only"
    key "9" { value = "01234567890123456789012345678901" }
  }
}

vrrp_instance "unicast" {
  interface             = "eth1"
  virtual_router_id     = 60
  virtual_ipaddress     = ["192.0.2.60"]
  unicast_peer          = ["198.51.100.2", "198.51.100.3 min_ttl 254 max_ttl 254"]
  unicast_src_ip        = "198.51.100.1"
  unicast_ttl           = 254
  unicast_fault_no_peer = true
  use_vmac              = "vmac60 02:00:00:00:00"
  vmac_xmit_base        = true
  auth_hmac {
    time_window = 10
    key "1" { value = "01234567890123456789012345678901" }
  }
}

vrrp_instance "other peers" {
  interface          = "eth1"
  virtual_router_id  = 60
  no_virtual_ipaddress = true
  unicast_peer       = ["198.51.100.4"]
  check_unicast_src  = false
}

vrrp_instance "strict" {
  interface         = "eth2"
  virtual_router_id = 61
  strict_mode       = true
  virtual_ipaddress = ["192.0.2.61"]
}

vrrp_instance "strict owner" {
  state             = "MASTER"
  priority          = 255
  interface         = "eth2"
  virtual_router_id = 62
  strict_mode       = true
  virtual_ipaddress = ["192.0.2.62"]
  version           = 3
  accept            = true
}

vrrp_instance "other link" {
  interface         = "eth3"
  virtual_router_id = 51
  virtual_ipaddress = ["fe80::10/64"]
  version           = 3
  owner_ignore_adverts = true
}

garp_group {
  garp_interval = "100ms"
  gna_interval  = "1ms"
  interfaces    = ["eth1", "eth2"]
}
