package netif

import (
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/nettest"
)

func TestRoutesAsConfigured(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	prefix, addr := netip.MustParsePrefix, netip.MustParseAddr
	tests := []struct {
		name  string
		route Route
		want  string // what ip(8) says of it
	}{
		{"by a gateway", Route{Destination: prefix("10.8.0.0/16"), Gateway: addr("10.0.0.9"), Device: "eth0"},
			"10.8.0.0/16 via 10.0.0.9 dev eth0 proto keepalived"},
		{"host bits", Route{Destination: prefix("10.8.0.1/16"), Gateway: addr("10.0.0.9")},
			"10.8.0.0/16 via 10.0.0.9 dev eth0 proto keepalived"},
		{"direct, with source and metric",
			Route{Destination: prefix("10.8.0.0/16"), Device: "eth0", Source: addr("10.0.0.1"), Metric: 7},
			"10.8.0.0/16 dev eth0 proto keepalived scope link src 10.0.0.1 metric 7"},
		{"default in a table", Route{Destination: prefix("0.0.0.0/0"), Gateway: addr("10.0.0.9"), Table: 1000},
			"default via 10.0.0.9 dev eth0 table 1000 proto keepalived"},
		{"scope, service and protocol",
			Route{Destination: prefix("10.8.0.0/16"), Device: "eth0", Scope: unix.RT_SCOPE_SITE, TOS: 0x10, Protocol: 77},
			"10.8.0.0/16 tos 0x10 dev eth0 proto 77 scope site"},
		{"blackhole", Route{Type: "blackhole", Destination: prefix("10.8.0.0/16")}, "blackhole 10.8.0.0/16 proto keepalived"},
		{"unreachable", Route{Type: "unreachable", Destination: prefix("10.8.0.0/16")}, "unreachable 10.8.0.0/16 proto keepalived"},
		{"prohibit", Route{Type: "prohibit", Destination: prefix("10.8.0.0/16")}, "prohibit 10.8.0.0/16 proto keepalived"},
		{"throw", Route{Type: "throw", Destination: prefix("10.8.0.0/16"), Table: 7}, "throw 10.8.0.0/16 table 7 proto keepalived"},
		{"local", Route{Type: "local", Destination: prefix("10.8.0.1/32"), Device: "eth0"},
			"local 10.8.0.1 dev eth0 table local proto keepalived scope host"},
		{"metrics", Route{Destination: prefix("10.8.0.0/16"), Device: "eth0", MTU: 1400, MTULock: true, Window: 1000, RTT: 100,
			RTTVar: 20, SSThresh: 9, Cwnd: 8, AdvMSS: 1300, Reordering: 5, HopLimit: 33, InitCwnd: 12, InitRwnd: 13, RTOMin: 50,
			QuickACK: true, Congestion: "cubic"},
			"10.8.0.0/16 dev eth0 proto keepalived scope link mtu lock 1400 window 1000 rtt 100ms rttvar 20ms ssthresh 9 cwnd 8 " +
				"advmss 1300 reordering 5 hoplimit 33 initcwnd 12 rto_min 50ms initrwnd 13 quickack 1 congctl cubic"},
		{"next hops", Route{Destination: prefix("10.8.0.0/16"), NextHops: []NextHop{
			{Gateway: addr("10.0.0.9"), Device: "eth0", Weight: 3}, {Gateway: addr("10.99.0.9"), Device: "eth1", OnLink: true}}},
			"10.8.0.0/16 proto keepalived nexthop via 10.0.0.9 dev eth0 weight 3 nexthop via 10.99.0.9 dev eth1 weight 1 onlink"},
		{"on link", Route{Destination: prefix("10.8.0.0/16"), Gateway: addr("10.99.0.9"), Device: "eth0", OnLink: true},
			"10.8.0.0/16 via 10.99.0.9 dev eth0 proto keepalived onlink"},
		{"by an IPv6 gateway", Route{Destination: prefix("10.8.0.0/16"), Gateway: addr("fd00::9"), Device: "eth0"},
			"10.8.0.0/16 via inet6 fd00::9 dev eth0 proto keepalived"},
		{"IPv6", Route{Destination: prefix("fd08::/16"), Gateway: addr("fd00::9"), Source: addr("fd00::1")},
			"fd08::/16 via fd00::9 dev eth0 proto keepalived src fd00::1 metric 1024 pref medium"},
		{"IPv6 default", Route{Destination: prefix("::/0"), Device: "eth0", Metric: 5},
			"default dev eth0 proto keepalived metric 5 pref medium"},
		{"IPv6 next hops", Route{Destination: prefix("fd08::/16"), NextHops: []NextHop{
			{Gateway: addr("fd00::9"), Device: "eth0"}, {Gateway: addr("fd00::8"), Device: "eth0", Weight: 2}}},
			"fd08::/16 proto keepalived metric 1024 pref medium nexthop via fd00::9 dev eth0 weight 1 nexthop via fd00::8 dev eth0 weight 2"},
	}
	ns := newHost(t, "eth0", "eth1")
	ns.Run("ip", "link", "set", "eth0p", "up")
	ns.Run("ip", "link", "set", "eth1p", "up")
	ns.Run("ip", "address", "add", "10.0.0.1/24", "dev", "eth0")
	ns.Run("ip", "address", "add", "fd00::1/64", "dev", "eth0", "nodad")
	show := func() string {
		var lines []string
		for _, family := range []string{"-4", "-6"} {
			out := ns.Run("ip", family, "route", "show", "table", "all")
			out = strings.NewReplacer("\n\tnexthop", " nexthop", "linkdown ", "").Replace(out)
			for line := range strings.Lines(out) {
				if strings.Contains(line, "proto keepalived") || strings.Contains(line, "proto 77") {
					lines = append(lines, strings.Join(strings.Fields(line), " "))
				}
			}
		}
		return strings.Join(lines, "\n")
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.route.Scope == 0 {
				tt.route.Scope = -1
			}
			host := NewHost(Master{Routes: []Route{tt.route}}, &Shared{}, slog.New(slog.DiscardHandler))
			t.Cleanup(func() { host.Close() })
			addAndRemove(t, ns, host, show, tt.want)
		})
	}
}

func TestRoutesGoOnAfterErrors(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := newHost(t, "eth0")
	p := netip.MustParsePrefix
	host := NewHost(Master{Routes: []Route{
		{Destination: p("10.7.0.0/16"), Device: "eth9"},
		{Destination: p("10.8.0.0/16"), Gateway: netip.MustParseAddr("10.66.0.1")},
		{Destination: p("10.9.0.0/16"), Type: "strange"},
		{Destination: p("10.10.0.0/16"), Type: "blackhole"},
	}}, &Shared{}, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { host.Close() })
	err := ns.Do(host.AddAddresses)
	want := "add addresses and routes of eth9: no such device\n" +
		"add route 10.9.0.0/16: there is no route of type \"strange\"\n" +
		"add route 10.8.0.0/16: network is unreachable"
	if err == nil || err.Error() != want || !errors.Is(err, unix.ENETUNREACH) {
		t.Errorf("got error %v, want %s", err, want)
	}
	if out := ns.Run("ip", "route"); !strings.Contains(out, "blackhole 10.10.0.0/16") {
		t.Errorf("routes: %s", out)
	}
}

// addAndRemove adds what the host's master has, compares it with what is wanted,
// and removes it.
func addAndRemove(t *testing.T, ns *nettest.Namespace, host *Host, show func() string, want string) {
	t.Helper()
	for range 2 { // the second time it is there
		if err := ns.Do(host.AddAddresses); err != nil {
			t.Fatal(err)
		}
	}
	if got := show(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if all := missingOf(t, ns, host); len(all) != 0 {
		t.Errorf("missing: %v", all)
	}
	for range 2 { // the second time it is missing
		if err := ns.Do(host.RemoveAddresses); err != nil {
			t.Error(err)
		}
	}
	if got := show(); got != "" {
		t.Errorf("left: %s", got)
	}
	if all := missingOf(t, ns, host); len(all) != 1 {
		t.Errorf("missing after removal: %v", all)
	}
}
