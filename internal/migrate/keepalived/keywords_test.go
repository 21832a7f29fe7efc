package keepalived

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// A place is a kind of block and what has to stand around a keyword in it.
type place struct {
	table         *table
	before, after string
}

// places returns every kind of block there is, with an example around it.
func places() []place {
	all := []place{{topTable(), "", ""}}
	var visit func(p place)
	visit = func(p place) {
		for _, k := range p.table.rows {
			if k.inner == nil {
				continue
			}
			inner := place{k.inner, p.before + header(k.name) + " {\n" + needed(k.name), "\n" + needed("after "+k.name) + "}\n" + p.after}
			all = append(all, inner)
			visit(inner)
		}
	}
	visit(all[0])
	return all
}

func header(block string) string {
	switch block {
	case "virtual_server":
		return "virtual_server 192.0.2.1 80"
	case "real_server":
		return "real_server 10.0.0.1 80"
	case "global_defs", "authentication", "auth_hmac", "SSL", "garp_group", "url", "host":
		return block
	}
	if block == strings.ToUpper(block) {
		return block
	}
	return block + " NAME"
}

// needed returns what a block cannot do without.
func needed(block string) string {
	switch block {
	case "virtual_server":
		return "protocol TCP\nlvs_sched sh\nlvs_method NAT\n"
	case "after virtual_server":
		return "real_server 10.0.0.9 80 { weight 9 }\n"
	case "vrrp_instance":
		return "interface eth0\nvirtual_router_id 1\npriority 100\nvirtual_ipaddress { 192.0.2.1/24 }\n"
	case "HTTP_GET", "SSL_GET":
		return "url { path / }\n"
	case "url":
		return "path /\n"
	case "authentication":
		return "auth_type PASS\nauth_pass x\n"
	case "MISC_CHECK":
		return "misc_path /bin/true\n"
	}
	return ""
}

// example returns a way to write a keyword; most take a number or nothing.
func example(k keyword) []string {
	special := map[string]string{
		"protocol": "SCTP", "lvs_sched": "mh", "lb_algo": "wrr", "lvs_method": "TUN type gue port 6080 csum", "lb_kind": "DR",
		"persistence_timeout": "300", "persistence_granularity": "255.255.255.0", "persistence_engine": "sip",
		"sorry_server": "10.0.0.8 80", "sorry_server_lvs_method": "DR", "ip_family": "inet", "quorum": "2", "alpha": "on",
		"lvs_sync_daemon": "eth1 inst VI_1 id 7 maxlen 1400 port 8849 ttl 2 group 224.0.0.82", "lvs_timeouts": "tcp 900 tcpfin 60 udp 300",
		"smtp_server": "192.0.2.25 587", "script_user": "nobody", "digest": "9b3a0c85a887a256d6939da88aabd8cd", "status_code": "200 301-302",
		"state": "BACKUP", "version": "3", "vrrp_version": "3", "auth_type": "PASS", "auth_pass": "secret", "advert_int": "2", "nopreempt": "",
		"key": "1 0123456789abcdef0123456789abcdef", "time_window": "5", "interface": "eth7", "virtual_server": "192.0.2.7 80", "mcast_dst_ip": "224.0.0.19",
		"use_vmac": "vrrp.7", "regex": `"ab+c"`, "script": "/bin/true", "track_file": "drain", "multiplier": "3",
	}
	v, ok := special[k.name]
	switch {
	case k.shape == listShape:
		return []string{k.name + " {\nITEM\n}", k.name + " NAME {\n192.0.2.7 80\n}"}
	case k.shape == blockShape:
		return []string{header(k.name) + " {\n" + needed(k.name) + "\n" + needed("after "+k.name) + "}"}
	case ok:
		return []string{k.name + " " + v}
	default:
		return []string{k.name, k.name + " 5", k.name + " /bin/true"}
	}
}

// translate returns the lines of the result and the findings.
func translate(t *testing.T, text string) (lines, findings []string) {
	t.Helper()
	files := fstest.MapFS{"x.conf": {Data: []byte(text), Mode: 0o644}}
	doc, report, _ := convert(source{files, "x.conf", "x.conf", 20_000}, Options{ConfigID: "one"})
	if doc != nil {
		lines = strings.Split(string(doc.Bytes()), "\n")
	}
	for _, f := range report.Findings() {
		findings = append(findings, fmt.Sprintf("%s: %s: %s", f.Severity, f.Keyword, f.Text))
	}
	return lines, findings
}

// without returns the elements of a that are not in b, blanks aside.
func without(a, b []string) []string {
	count := make(map[string]int)
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	for _, s := range b {
		count[squeeze(s)]++
	}
	var rest []string
	for _, s := range a {
		s = squeeze(s)
		if count[s]--; count[s] < 0 && s != "" && s != "}" {
			rest = append(rest, s)
		}
	}
	return rest
}

// TestEveryKeyword says of every keyword of every table what becomes of it: it
// is in the result, in the report, or both.
func TestEveryKeyword(t *testing.T) {
	var out strings.Builder
	for _, p := range places() {
		oldLines, oldFindings := translate(t, p.before+p.after)
		for _, k := range p.table.rows {
			lines, findings := result(t, p, k, oldLines, oldFindings)
			if len(lines)+len(findings) == 0 && !silent(k) {
				t.Errorf("%s in %q leaves no trace", k.name, p.table.name)
			}
			if k.to == "" && k.remark == "" {
				t.Errorf("%s in %q has neither a word nor a remark", k.name, p.table.name)
			}
			fmt.Fprintf(&out, "%s\n", strings.TrimSpace(p.table.name+" "+k.name))
			for _, l := range append(lines, findings...) {
				fmt.Fprintf(&out, "    %s\n", l)
			}
		}
	}
	golden(t, "testdata/keywords.txt", out.String())
}

// silent tells whether a keyword changes nothing by itself.
func silent(k keyword) bool {
	return slices.Contains([]string{"global_defs", "auth_type"}, k.name)
}

// result returns what a keyword adds, written in the first way that keepalived
// takes.
func result(t *testing.T, p place, k keyword, oldLines, oldFindings []string) (lines, findings []string) {
	t.Helper()
	for _, text := range example(k) {
		got, report := translate(t, p.before+text+"\n"+p.after)
		lines, findings = without(got, oldLines), without(report, oldFindings)
		refused := slices.ContainsFunc(findings, func(f string) bool {
			return strings.HasPrefix(f, "error") || strings.HasPrefix(f, "assumption") && (strings.Contains(f, "ignores") || strings.Contains(f, "refuse"))
		})
		if !refused {
			return lines, findings
		}
	}
	return lines, findings
}

// TestKeywordsOfTheManual compares the tables with the words that keepalived's
// manual and source have.
func TestKeywordsOfTheManual(t *testing.T) {
	known := make(map[string]bool)
	for _, p := range places() {
		for _, k := range p.table.rows {
			known[p.table.name+"/"+k.name] = true
		}
	}
	for where, words := range manual() {
		for w := range strings.FieldsSeq(words) {
			if !known[where+"/"+w] {
				t.Errorf("%s in %q has no row", w, where)
			}
		}
	}
}

// manual lists keepalived's keywords by the block they stand in.
func manual() map[string]string {
	const timing = " delay_loop connect_timeout retry delay_before_retry warmup alpha"
	const connect = " connect_ip connect_port bindto bind_port bind_if fwmark log_all_failures nb_get_retry" + timing
	const http = " url virtualhost http_protocol fast_recovery enable_sni sni_name" + connect
	return map[string]string{
		"": "global_defs virtual_server virtual_server_group SSL vrrp_instance vrrp_sync_group vrrp_script vrrp_track_process track_file vrrp_track_file track_group garp_group bfd_instance static_ipaddress static_routes static_rules linkbeat_interfaces interface_up_down_delays net_namespace net_namespace_ipvs namespace_with_ipsets use_pid_dir instance child_wait_time linkbeat_use_polling",
		"global_defs": `router_id notification_email notification_email_from smtp_server smtp_helo_name smtp_connect_timeout smtp_alert smtp_alert_vrrp smtp_alert_checker
			no_email_faults no_checker_emails checker_log_all_failures rs_init_notifies startup_script shutdown_script startup_script_timeout shutdown_script_timeout script_user
			enable_script_security use_symlink_paths set_supplementary_groups umask process_names process_name vrrp_process_name checker_process_name bfd_process_name lvs_process_name
			child_wait_time tmp_config_directory config_save_dir random_seed iproute_usr_dir iproute_etc_dir linkbeat_use_polling default_interface dynamic_interfaces vmac_prefix
			vmac_addr_prefix log_unknown_vrids vrrp_priority checker_priority bfd_priority vrrp_rt_priority checker_rt_priority bfd_rt_priority vrrp_no_swap checker_no_swap bfd_no_swap
			vrrp_cpu_affinity checker_cpu_affinity bfd_cpu_affinity vrrp_rlimit_rttime checker_rlimit_rttime bfd_rlimit_rttime vrrp_rlimit_rtime checker_rlimit_rtime bfd_rlimit_rtime
			max_auto_priority min_auto_priority_delay vrrp_netlink_cmd_rcv_bufs vrrp_netlink_monitor_rcv_bufs lvs_netlink_cmd_rcv_bufs lvs_netlink_monitor_rcv_bufs process_monitor_rcv_bufs
			vrrp_netlink_cmd_rcv_bufs_force vrrp_netlink_monitor_rcv_bufs_force lvs_netlink_cmd_rcv_bufs_force lvs_netlink_monitor_rcv_bufs_force process_monitor_rcv_bufs_force
			vrrp_rx_bufs_policy vrrp_rx_bufs_multiplier reload_check_config reload_time_file reload_repeat reload_file include_check data_use_instance state_dump_file stats_dump_file
			json_dump_file json_version instance net_namespace net_namespace_ipvs namespace_with_ipsets use_pid_dir enable_snmp_vrrp enable_snmp_checker enable_snmp_rfc enable_snmp_rfcv2
			enable_snmp_rfcv3 enable_traps snmp_socket enable_snmp_keepalived snmp_vs_stats_update_interval snmp_rs_stats_update_interval enable_dbus dbus_service_name
			dbus_no_interface_name notify_fifo notify_fifo_script vrrp_notify_fifo vrrp_notify_fifo_script lvs_notify_fifo lvs_notify_fifo_script vrrp_notify_priority_changes
			fifo_write_vrrp_states_on_reload lvs_sync_daemon lvs_timeouts lvs_flush lvs_flush_on_stop lvs_flush_onstop nftables_ipvs nftables_ipvs_priority nftables_ipvs_start_fwmark
			vrrp_version vrrp_mcast_group4 vrrp_mcast_group6 vrrp_garp_master_delay vrrp_garp_master_repeat vrrp_garp_master_refresh vrrp_garp_master_refresh_repeat
			vrrp_garp_lower_prio_delay vrrp_garp_lower_prio_repeat vrrp_garp_interval vrrp_gna_interval vrrp_min_garp vrrp_garp_extra_if vrrp_vmac_garp_intvl vrrp_down_timer_adverts
			vrrp_lower_prio_no_advert vrrp_higher_prio_send_advert v3_checksum_as_v2 vrrp_check_unicast_src vrrp_skip_check_adv_addr vrrp_strict vrrp_owner_ignore_adverts
			vrrp_startup_delay vrrp_delay_after_boot vrrp_iptables vrrp_ipsets nftables nftables_priority nftables_counters nftables_ifindex disable_local_igmp`,
		"virtual_server": `protocol lvs_sched lb_algo lvs_method lb_kind flag-1 flag-2 flag-3 sh-port sh-fallback mh-port mh-fallback hashed ops persistence_timeout persistence_granularity
			persistence_engine real_server sorry_server sorry_server_inhibit sorry_server_lvs_method quorum hysteresis quorum_up quorum_down omega inhibit_on_failure ha_suspend
			virtualhost smtp_alert ip_family weight snmp_name` + timing,
		"real_server": "weight lvs_method inhibit_on_failure uthreshold lthreshold notify_up notify_down virtualhost snmp_name smtp_alert TCP_CHECK HTTP_GET SSL_GET SMTP_CHECK DNS_CHECK MISC_CHECK PING_CHECK UDP_CHECK BFD_CHECK FILE_CHECK" + timing,
		"TCP_CHECK":   connect, "PING_CHECK": connect, "HTTP_GET": http, "SSL_GET": http,
		"url":        "path status_code digest virtualhost regex regex_no_match regex_options regex_min_offset regex_max_offset regex_stack tls_compliant",
		"SMTP_CHECK": "helo_name host" + connect, "DNS_CHECK": "type name" + connect,
		"MISC_CHECK": "misc_path misc_timeout misc_dynamic user log_all_failures" + timing,
		"UDP_CHECK":  "payload require_reply min_reply_length max_reply_length" + connect,
		"BFD_CHECK":  "name alpha", "FILE_CHECK": "track_file weight", "SSL": "password ca certificate key",
		"vrrp_instance": `state interface virtual_router_id priority advert_int version virtual_ipaddress virtual_ipaddress_excluded no_virtual_ipaddress virtual_routes virtual_rules
			authentication auth_hmac nopreempt preempt preempt_delay unicast_src_ip mcast_src_ip mcast_dst_ip unicast_peer unicast_ttl unicast_fault_no_peer old_unicast_checksum track_src_ip
			track_interface track_script track_file track_process track_bfd dont_track_primary use_vmac vmac_xmit_base use_vmac_addr use_ipvlan accept no_accept promote_secondaries vrf
			garp_master_delay garp_master_repeat garp_master_refresh garp_master_refresh_repeat garp_lower_prio_delay garp_lower_prio_repeat garp_extra_if down_timer_adverts
			lower_prio_no_advert higher_prio_send_advert v3_checksum_as_v2 check_unicast_src skip_check_adv_addr strict_mode owner_ignore_adverts timer_expired_backup thread_timer_expired
			notify_master notify_backup notify_fault notify_stop notify_deleted notify notify_master_rx_lower_pri notify_priority_changes smtp_alert kernel_rx_buf_size
			linkbeat_use_polling native_ipv6 lvs_sync_daemon_interface debug vmac_garp_intvl`,
		"authentication":     "auth_type auth_pass",
		"auth_hmac":          "key active_key anti_replay time_window mode",
		"vrrp_script":        "script interval timeout weight rise fall user init_fail",
		"vrrp_track_process": "process param_match weight quorum quorum_max fork_delay terminate_delay delay full_command",
		"track_file":         "file weight init_file", "vrrp_track_file": "file weight init_file",
		"vrrp_sync_group": "group track_interface track_script track_file track_process track_bfd notify_master notify_backup notify_fault notify_stop notify smtp_alert notify_priority_changes sync_group_tracking_weight global_tracking",
		"garp_group":      "garp_interval gna_interval interface interfaces", "track_group": "group",
		"bfd_instance": "neighbor_ip neighbour_ip source_ip min_rx min_tx idle_tx multiplier passive ttl hoplimit max_hops multihop weight vrrp checker",
	}
}
