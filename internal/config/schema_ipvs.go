package config

import (
	"math"
	"time"
)

// maxTimeout is the longest timeout that the kernel's ticks can hold, at 1,000
// of them a second, in whole days.
const maxTimeout = 24 * 24 * time.Hour

func ipvsBlock() *block {
	return &block{name: "ipvs", once: true,
		args: []argument{
			{name: "tcp_timeout", kind: kindDuration, inherits: "the kernel's", low: int64(time.Second), high: int64(maxTimeout), keeps: []string{"lvs_timeouts"}},
			{name: "tcp_fin_timeout", kind: kindDuration, inherits: "the kernel's", low: int64(time.Second), high: int64(maxTimeout), keeps: []string{"lvs_timeouts"}},
			{name: "udp_timeout", kind: kindDuration, inherits: "the kernel's", low: int64(time.Second), high: int64(maxTimeout), keeps: []string{"lvs_timeouts"}},
			{name: "sysctl", kind: kindMap, inherits: "the kernel's"},
			{name: "exclusive", kind: kindBool, def: "false", keeps: []string{"lvs_flush"}},
			{name: "on_exit", kind: kindWord, def: `"remove"`, words: []string{"remove", "keep"}},
			{name: "resync", kind: kindDuration, def: `"30s"`, low: int64(time.Second), high: int64(24 * time.Hour)},
		},
		blocks: []*block{
			{name: "sync_daemon", once: true, keeps: []string{"lvs_sync_daemon"}, args: []argument{
				{name: "interface", kind: kindText, required: true, example: `"eth1"`, keeps: []string{"lvs_sync_daemon IF"}},
				{name: "vrrp_instance", kind: kindText, keeps: []string{"lvs_sync_daemon IF VI"}},
				{name: "id", kind: kindNumber, inherits: "the instance's virtual_router_id, 0 without an instance", low: 0, high: math.MaxUint8, keeps: []string{"lvs_sync_daemon id"}},
				{name: "port", kind: kindNumber, def: "8848", low: 1, high: math.MaxUint16, keeps: []string{"lvs_sync_daemon port"}},
				{name: "ttl", kind: kindNumber, def: "1", low: 1, high: math.MaxUint8, keeps: []string{"lvs_sync_daemon ttl"}},
				{name: "group", kind: kindText, def: `"224.0.0.81"`, form: `"IP"`, keeps: []string{"lvs_sync_daemon group"}},
				{name: "maxlen", kind: kindNumber, inherits: "what fits the interface's MTU", low: 1, high: 65507, keeps: []string{"lvs_sync_daemon maxlen"}},
			}},
		}}
}

// A sysctl is a setting of the kernel below net.ipv4.vs.
type sysctl struct {
	name      string
	low, high int64 // what the kernel takes
}

// sysctls lists the settings that hold one whole number, with their limits in
// Linux 6.12 (net/netfilter/ipvs/ip_vs_ctl.c).
func sysctls() []sysctl {
	const low, high = math.MinInt32, math.MaxInt32
	return []sysctl{
		{"am_droprate", low, high},
		{"amemthresh", low, high},
		{"backup_only", low, high},
		{"cache_bypass", low, high},
		{"conn_reuse_mode", low, high},
		{"conntrack", low, high},
		{"drop_entry", 0, 3},
		{"drop_packet", 0, 3},
		{"est_nice", -20, 19},
		{"expire_nodest_conn", low, high},
		{"expire_quiescent_template", low, high},
		{"ignore_tunneled", low, high},
		{"nat_icmp_send", low, high},
		{"pmtu_disc", low, high},
		{"run_estimation", low, high},
		{"schedule_icmp", low, high},
		{"secure_tcp", 0, 3},
		{"sloppy_sctp", low, high},
		{"sloppy_tcp", low, high},
		{"snat_reroute", low, high},
		{"sync_persist_mode", low, high},
		{"sync_ports", 1, 64},
		{"sync_qlen_max", 0, math.MaxInt64},
		{"sync_refresh_period", 0, high},
		{"sync_retries", 0, 3},
		{"sync_sock_size", low, high},
		{"sync_version", 0, 1},
	}
}
