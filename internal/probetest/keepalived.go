package probetest

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"

	"github.com/ldirector/ldirector/internal/nettest"
)

// Keepalived lets keepalived check targets in a namespace, each every second
// and once, with a second for an answer. check is the kind of the check and what
// stands in its block. The function tells which are up now: at first all are.
func Keepalived(tb nettest.TB, ns *nettest.Namespace, dir, kind, check string, targets []netip.AddrPort) (up func() map[netip.AddrPort]bool) {
	tb.Helper()
	var conf strings.Builder
	conf.WriteString("global_defs {\n  router_id test\n}\nvirtual_server 192.0.2.1 80 {\n  delay_loop 1\n  lvs_method NAT\n  protocol TCP\n")
	for _, t := range targets {
		fmt.Fprintf(&conf, "  real_server %s %d {\n    %s {\n%s\n      connect_timeout 1\n      retry 0\n      delay_before_retry 1\n      warmup 0\n    }\n  }\n",
			t.Addr(), t.Port(), kind, check)
	}
	conf.WriteString("}\n")
	file := Write(tb, filepath.Join(dir, "keepalived.conf"), conf.String())
	ns.Start(ns.Command("keepalived", "-C", "-n", "-l", "-D", "-f", file, "-p", dir+"/p", "-r", dir+"/v", "-c", dir+"/c"))
	return func() map[netip.AddrPort]bool {
		table := ns.Run("ipvsadm", "-Sn")
		all := make(map[netip.AddrPort]bool)
		for _, t := range targets {
			all[t] = strings.Contains(table, "-r "+t.String()+" ")
		}
		return all
	}
}
