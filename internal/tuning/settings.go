package tuning

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
)

// Settings are what the configuration says about IPVS as a whole. What it does
// not mention stays as it is, or becomes again what it was.
type Settings struct {
	// Timeouts are rounded up to whole seconds. 0: not mentioned.
	Timeouts ipvs.Timeouts
	// Sysctl has values of sysctls by their names below net.ipv4.vs, such as
	// "expire_nodest_conn". Those that hold other than one whole number, such as
	// sync_threshold, cannot be set.
	Sysctl map[string]int64
	// Interfaces has values of sysctls by their names below net/ipv4/conf, with
	// a slash as interfaces may have dots in theirs: "eth0.5/accept_local".
	Interfaces map[string]int64
}

// The names of the timeouts are those of the configuration; their values are
// seconds. The others are the sysctls, with this prefix.
const (
	tcpTimeout    = "tcp_timeout"
	tcpFinTimeout = "tcp_fin_timeout"
	udpTimeout    = "udp_timeout"

	sysctlPrefix    = "net.ipv4.vs."
	interfacePrefix = "net/ipv4/conf/"
)

// values returns all settings that are mentioned, by name.
func (s Settings) values() map[string]int64 {
	all := timeoutValues(s.Timeouts)
	maps.DeleteFunc(all, func(_ string, seconds int64) bool { return seconds == 0 })
	for name, value := range s.Sysctl {
		all[sysctlPrefix+name] = value
	}
	for name, value := range s.Interfaces {
		all[interfacePrefix+name] = value
	}
	return all
}

func timeoutValues(t ipvs.Timeouts) map[string]int64 {
	seconds := func(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }
	return map[string]int64{tcpTimeout: seconds(t.TCP), tcpFinTimeout: seconds(t.TCPFin), udpTimeout: seconds(t.UDP)}
}

// timeout returns the value of a timeout for [ipvs.Client.SetTimeouts]; ok is
// false if the name is that of a sysctl.
func timeout(name string, value int64) (t ipvs.Timeouts, ok bool) {
	d := time.Duration(value) * time.Second
	switch name {
	case tcpTimeout:
		return ipvs.Timeouts{TCP: d}, true
	case tcpFinTimeout:
		return ipvs.Timeouts{TCPFin: d}, true
	case udpTimeout:
		return ipvs.Timeouts{UDP: d}, true
	default:
		return ipvs.Timeouts{}, false
	}
}

// same reports whether two values of a setting mean the same. The kernel turns
// 1 into 2 and back when memory runs short in three sysctls
// (update_defense_level in ip_vs_ctl.c).
func same(name string, a, b int64) bool {
	switch name {
	case sysctlPrefix + "drop_entry", sysctlPrefix + "drop_packet", sysctlPrefix + "secure_tcp":
		automatic := func(v int64) bool { return v == 1 || v == 2 }
		return a == b || automatic(a) && automatic(b)
	default:
		return a == b
	}
}

// text returns a value for people.
func text(name string, value int64) string {
	if _, ok := timeout(name, value); ok {
		return (time.Duration(value) * time.Second).String()
	}
	return strconv.FormatInt(value, 10)
}

// A Difference is a setting that Apply would change.
type Difference struct {
	Name       string // "tcp_timeout", "net.ipv4.vs.expire_nodest_conn" or "net/ipv4/conf/eth0/rp_filter"
	Have, Want string // "15m0s" or "1"
}

// names returns the names of all that is wanted or recorded, sorted: sysctls
// first, by their prefix.
func names(want map[string]int64, old record) []string {
	all := slices.AppendSeq(slices.Collect(maps.Keys(want)), maps.Keys(old))
	slices.Sort(all)
	return slices.Compact(all)
}
