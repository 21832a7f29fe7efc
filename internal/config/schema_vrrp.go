package config

import (
	"slices"
	"time"
)

// Forms of elements of lists.
const (
	vipForm   = `"IP[/LEN] [brd IP|+|-] [dev IF] [scope S] [label L] [peer IP[/LEN]] [home] [-nodad] [mngtmpaddr] [noprefixroute] [autojoin] [preferred_lft SECONDS|forever] [no_track]"`
	trackForm = `"NAME [weight N] [reverse|noreverse]"`
	maxPeriod = int64(time.Hour)
)

func vrrpInstanceBlock() *block {
	return &block{name: "vrrp_instance", label: "name", keeps: []string{"vrrp_instance"},
		args: slices.Concat(
			[]argument{
				{name: "state", kind: kindWord, def: `"BACKUP"`, words: []string{"MASTER", "BACKUP"}, keeps: []string{"state"}},
				{name: "interface", kind: kindText, required: true, example: `"eth0"`, keeps: []string{"interface"}},
				{name: "virtual_router_id", kind: kindNumber, required: true, example: "51", low: 1, high: 255, keeps: []string{"virtual_router_id"}},
				{name: "priority", kind: kindNumber, def: "100", low: 1, high: 255, keeps: []string{"priority"}},
				{name: "version", kind: kindNumber, inherits: "2, with IPv6 addresses 3", low: 2, high: 3, keeps: []string{"version", "vrrp_version"}},
				{name: "advert_int", kind: kindDuration, def: `"1s"`, low: int64(10 * time.Millisecond), high: int64(255 * time.Second), keeps: []string{"advert_int"}},
			},
			virtualAddressArguments(),
			[]argument{
				{name: "nopreempt", kind: kindBool, def: "false", keeps: []string{"nopreempt"}},
				{name: "preempt_delay", kind: kindDuration, def: `"0s"`, low: 0, high: int64(1000 * time.Second), keeps: []string{"preempt_delay"}},
				{name: "down_timer_adverts", kind: kindNumber, def: "3", low: 1, high: 100, keeps: []string{"down_timer_adverts", "vrrp_down_timer_adverts"}},
				{name: "lower_prio_no_advert", kind: kindBool, inherits: "false, with strict_mode true", keeps: []string{"lower_prio_no_advert", "vrrp_lower_prio_no_advert"}},
				{name: "higher_prio_send_advert", kind: kindBool, inherits: "true, with strict_mode false", keeps: []string{"higher_prio_send_advert", "vrrp_higher_prio_send_advert"}},
				{name: "owner_ignore_adverts", kind: kindBool, inherits: "false, with strict_mode true", keeps: []string{"owner_ignore_adverts", "vrrp_owner_ignore_adverts"}},
				{name: "strict_mode", kind: kindBool, def: "false", keeps: []string{"strict_mode", "vrrp_strict"}},
			},
			unicastArguments(),
			vmacArguments(),
			garpArguments(),
			trackArguments(),
			[]argument{
				{name: "dont_track_primary", kind: kindBool, def: "false", keeps: []string{"dont_track_primary"}},
				{name: "on_address_loss", kind: kindWord, def: `"restore"`, words: []string{"restore", "backup"}},
				{name: "on_conflict", kind: kindWord, def: `"alert"`, words: []string{"alert", "yield"}},
			},
			notifyArguments(),
			[]argument{
				{name: "notify_deleted", kind: kindCommand, keeps: []string{"notify_deleted"}},
				{name: "notify_master_rx_lower_pri", kind: kindCommand, keeps: []string{"notify_master_rx_lower_pri"}},
				{name: "notify_conflict", kind: kindCommand},
			},
		),
		blocks: []*block{
			{name: "authentication", once: true, keeps: []string{"authentication"}, args: []argument{
				{name: "auth_type", kind: kindWord, required: true, example: `"PASS"`, words: []string{"PASS"}, keeps: []string{"auth_type"}},
				{name: "auth_pass", kind: kindText, required: true, example: `"1111"`, form: "1 to 8 bytes", keeps: []string{"auth_pass"}},
			}},
			authHMACBlock(),
		},
		lacks: map[string]string{
			"use_ipvlan":           "There is no virtual router on an ipvlan; use_vmac needs a MAC address of its own. Remove it to use the interface itself.",
			"use_vmac_addr":        "Addresses on other interfaces have these interfaces' MAC addresses. Remove it.",
			"vrf":                  "There is no word for it: write the VRF's interface as interface.",
			"garp_extra_if":        "There is no word for it: garp_master_refresh announces all addresses again and again, wherever they are.",
			"vmac_garp_intvl":      "There is no word for it: garp_master_refresh announces all addresses again and again, wherever they are.",
			"timer_expired_backup": "It is not needed: after a pause of this host a router listens first, and waits one more interval before it takes over. Remove it.",
			"thread_timer_expired": "It is not needed: after a pause of this host a router listens first, and waits one more interval before it takes over. Remove it.",
			"old_unicast_checksum": "Members that run keepalived 1.3.6 or older are not supported. Update them, and remove it.",
			"track_bfd":            "There is no BFD yet. Write a track_check with a ping_check of the neighbour in place of it.",
			"linkbeat_use_polling": "It is not needed: the kernel tells of links at once. Remove it.",
			"preempt":              "It is the default. Remove it.",
		}}
}

// authHMACBlock is keepalived 2.4's authentication.
func authHMACBlock() *block {
	return &block{name: "auth_hmac", once: true, keeps: []string{"auth_hmac"},
		args: []argument{
			{name: "active_key", kind: kindNumber, inherits: "the only key", low: 0, high: 255, keeps: []string{"active_key"}},
			{name: "anti_replay", kind: kindWord, def: `"time"`, words: []string{"time", "monotonic"}, keeps: []string{"anti_replay"}},
			{name: "time_window", kind: kindDuration, inherits: "3 times advert_int, at least 5s", low: int64(time.Second), high: int64(300 * time.Second), keeps: []string{"time_window"}},
			{name: "mode", kind: kindWord, def: `"enforce"`, words: []string{"enforce", "permissive", "receive-only"}, keeps: []string{"mode"}},
		},
		blocks: []*block{{name: "key", label: "id", keeps: []string{"key"}, args: []argument{
			{name: "value", kind: kindText, required: true, example: `"file:/etc/ldirector/vrrp.key"`, form: `"hex:DIGITS", "file:/PATH" or the key itself`, keeps: []string{"key ID VALUE"}},
		}}},
	}
}

// virtualAddressArguments are what a virtual router has while it is master.
func virtualAddressArguments() []argument {
	return []argument{
		{name: "virtual_ipaddress", kind: kindList, form: vipForm, keeps: []string{"virtual_ipaddress"}},
		{name: "virtual_ipaddress_excluded", kind: kindList, def: "[]", form: "as virtual_ipaddress", keeps: []string{"virtual_ipaddress_excluded"}},
		{name: "no_virtual_ipaddress", kind: kindBool, def: "false", keeps: []string{"no_virtual_ipaddress"}},
		{name: "virtual_routes", kind: kindList, def: "[]", form: routeForm, keeps: []string{"virtual_routes"}},
		{name: "virtual_rules", kind: kindList, def: "[]", form: ruleForm, keeps: []string{"virtual_rules"}},
		{name: "promote_secondaries", kind: kindBool, def: "false", keeps: []string{"promote_secondaries"}},
		{name: "accept", kind: kindBool, inherits: "true, with no_accept or strict_mode false", keeps: []string{"accept"}},
		{name: "no_accept", kind: kindBool, inherits: "the opposite of accept", keeps: []string{"no_accept"}},
	}
}

// unicastArguments say how advertisements travel.
func unicastArguments() []argument {
	return []argument{
		{name: "mcast_src_ip", kind: kindText, inherits: "the first address of interface", form: `"IP"`, keeps: []string{"mcast_src_ip"}},
		{name: "mcast_dst_ip", kind: kindText, inherits: "224.0.0.18 or ff02::12", form: `"IP"`, keeps: []string{"mcast_dst_ip", "vrrp_mcast_group4", "vrrp_mcast_group6"}},
		{name: "unicast_peer", kind: kindList, def: "[]", form: `"IP [min_ttl N] [max_ttl N]"`, keeps: []string{"unicast_peer"}},
		{name: "unicast_src_ip", kind: kindText, inherits: "the first address of interface", form: `"IP"`, keeps: []string{"unicast_src_ip"}},
		{name: "unicast_ttl", kind: kindNumber, def: "255", low: 1, high: 255, keeps: []string{"unicast_ttl"}},
		{name: "unicast_fault_no_peer", kind: kindBool, def: "false", keeps: []string{"unicast_fault_no_peer"}},
		{name: "check_unicast_src", kind: kindBool, def: "true", keeps: []string{"check_unicast_src", "vrrp_check_unicast_src"}},
		{name: "track_src_ip", kind: kindBool, def: "false", keeps: []string{"track_src_ip"}},
		{name: "skip_check_adv_addr", kind: kindBool, def: "false", keeps: []string{"skip_check_adv_addr", "vrrp_skip_check_adv_addr"}},
		{name: "v3_checksum_as_v2", kind: kindBool, def: "false", keeps: []string{"v3_checksum_as_v2"}},
	}
}

func vmacArguments() []argument {
	return []argument{
		{name: "use_vmac", kind: kindSwitch, def: "false", form: `"[NAME] [MAC]"`, keeps: []string{"use_vmac"}},
		{name: "vmac_xmit_base", kind: kindBool, def: "false", keeps: []string{"vmac_xmit_base"}},
	}
}

// garpArguments say when the network is told where the addresses are.
func garpArguments() []argument {
	return append([]argument{
		{name: "garp_master_repeat", kind: kindNumber, def: "5", low: 0, high: 1000, keeps: []string{"garp_master_repeat", "vrrp_garp_master_repeat"}},
		{name: "garp_master_delay", kind: kindDuration, def: `"5s"`, low: 0, high: maxPeriod, keeps: []string{"garp_master_delay", "vrrp_garp_master_delay"}},
		{name: "garp_master_refresh", kind: kindDuration, def: `"0s"`, low: 0, high: int64(24 * time.Hour), keeps: []string{"garp_master_refresh", "vrrp_garp_master_refresh"}},
		{name: "garp_master_refresh_repeat", kind: kindNumber, def: "1", low: 0, high: 1000, keeps: []string{"garp_master_refresh_repeat", "vrrp_garp_master_refresh_repeat"}},
		{name: "garp_lower_prio_repeat", kind: kindNumber, inherits: "garp_master_repeat, with strict_mode 0", low: 0, high: 1000, keeps: []string{"garp_lower_prio_repeat", "vrrp_garp_lower_prio_repeat"}},
		{name: "garp_lower_prio_delay", kind: kindDuration, inherits: "garp_master_delay, with strict_mode 0", low: 0, high: maxPeriod, keeps: []string{"garp_lower_prio_delay", "vrrp_garp_lower_prio_delay"}},
	}, garpIntervalArguments("none, or garp_group's")...)
}

// garpIntervalArguments are for an instance and for a garp_group.
func garpIntervalArguments(from string) []argument {
	return []argument{
		{name: "garp_interval", kind: kindDuration, inherits: from, low: 0, high: maxPeriod, keeps: []string{"garp_interval", "vrrp_garp_interval"}},
		{name: "gna_interval", kind: kindDuration, inherits: from, low: 0, high: maxPeriod, keeps: []string{"gna_interval", "vrrp_gna_interval"}},
	}
}

func garpGroupBlock() *block {
	return &block{name: "garp_group", keeps: []string{"garp_group"}, args: append(garpIntervalArguments("none"),
		argument{name: "interfaces", kind: kindList, required: true, example: `["eth0", "eth1"]`, form: `"IF"`, keeps: []string{"interface", "interfaces"}})}
}

// trackArguments are for an instance and for a sync group.
func trackArguments() []argument {
	return []argument{
		{name: "track_interface", kind: kindList, def: "[]", form: `"IF [weight N] [reverse|noreverse]"`, keeps: []string{"track_interface"}},
		{name: "track_script", kind: kindList, def: "[]", form: trackForm, keeps: []string{"track_script"}},
		{name: "track_file", kind: kindList, def: "[]", form: trackForm, keeps: []string{"track_file"}},
		{name: "track_process", kind: kindList, def: "[]", form: trackForm, keeps: []string{"track_process"}},
		{name: "track_check", kind: kindList, def: "[]", form: trackForm},
		{name: "track_virtual_server", kind: kindList, def: "[]", form: trackForm},
	}
}

// notifyArguments are for an instance and for a sync group.
func notifyArguments() []argument {
	return []argument{
		{name: "notify", kind: kindCommand, keeps: []string{"notify"}},
		{name: "notify_master", kind: kindCommand, keeps: []string{"notify_master"}},
		{name: "notify_backup", kind: kindCommand, keeps: []string{"notify_backup"}},
		{name: "notify_fault", kind: kindCommand, keeps: []string{"notify_fault"}},
		{name: "notify_stop", kind: kindCommand, keeps: []string{"notify_stop"}},
		{name: "notify_priority_changes", kind: kindBool, def: "false", keeps: []string{"notify_priority_changes", "vrrp_notify_priority_changes"}},
		smtpAlertArgument("email's smtp_alert_vrrp"),
	}
}
