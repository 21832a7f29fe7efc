package doctor

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/internal/nettest"
)

// found are the names of the checks that find something wrong with a NAT
// director that has the firewall.
func found(f []Chain) string {
	n, facts := healthyDirector(ipvs.NAT)
	facts.Chains = f
	var names []string
	for _, check := range []func(Needs, Facts) []Finding{checkAdvertFilter, checkServiceFilter, checkAnswerFilter} {
		for _, finding := range check(n, facts) {
			names = append(names, finding.Check)
		}
	}
	return strings.Join(names, " ")
}

func TestNftables(t *testing.T) {
	nettest.Require(t, nettest.NetNS, "nft")
	const input = "table inet filter { chain input { type filter hook input priority filter; policy drop;"
	const stateful = "ct state established,related accept; tcp dport 80 accept;"
	tests := []struct{ name, ruleset, want string }{
		{"nothing", "", ""},
		{"accepts", "table inet filter { chain input { type filter hook input priority filter; policy accept; } }", ""},
		{"policy", input + "} }", "vrrp_firewall service_firewall"},
		{"web only", input + stateful + "} }", "vrrp_firewall"},
		{"VRRP by name", input + stateful + "ip protocol vrrp accept; } }", ""},
		{"VRRP by number and interface", input + stateful + `iifname "eth0" meta l4proto 112 accept; } }`, ""},
		{"VRRP on another interface", input + stateful + `iifname "eth1" ip protocol 112 accept; } }`, "vrrp_firewall"},
		{"interfaces by pattern", input + stateful + `iifname "eth*" ip protocol 112 accept; } }`, ""},
		{"multicast", input + stateful + "ip daddr 224.0.0.0/4 accept; } }", ""},
		{"another group", input + stateful + "ip daddr 224.0.0.0/28 accept; } }", "vrrp_firewall"},
		{"from the peer alone", input + stateful + "ip saddr 192.0.2.2 ip protocol 112 accept; } }", ""},
		{"set of protocols", input + "meta l4proto { icmp, vrrp } accept; tcp dport { 22, 80-90 } accept; } }", ""},
		{"verdict map", input + "ct state vmap { established : accept, invalid : drop }; meta l4proto vmap { tcp : accept, 112 : drop }; } }", "vrrp_firewall"},
		{"named set", "table inet filter { set web { type inet_service; elements = { 80 }; }; chain input { type filter hook input priority filter; policy drop; tcp dport @web accept; ip protocol 112 accept; } }", ""},
		{"jump", "table inet filter { chain lvs { ip protocol 112 accept; tcp dport 80 accept; }; chain input { type filter hook input priority filter; policy drop; iifname eth0 jump lvs; } }", ""},
		{"jump that returns", "table inet filter { chain lvs { ip protocol 112 return; tcp dport 80 accept; }; chain input { type filter hook input priority filter; policy drop; jump lvs; } }", "vrrp_firewall"},
		{"dropped before", "table ip raw { chain pre { type filter hook input priority -300; ip protocol 112 drop; } }", "vrrp_firewall"},
		{"dropped for another family", "table ip6 raw { chain pre { type filter hook input priority -300; meta l4proto 112 drop; } }", ""},
		{"dropped in some case", "table ip raw { chain pre { type filter hook input priority -300; ip protocol 112 ip ttl < 255 drop; } }", ""},
		{"limit", "table ip raw { chain pre { type filter hook input priority -300; limit rate over 10/second drop; } }", ""},
		{"not the services", input + "ip protocol 112 accept; tcp dport != 80 accept; } }", "service_firewall"},
		{"behind IPVS", "table inet filter { chain input { type filter hook input priority 200; policy drop; ip protocol 112 accept; } }", ""},
		{"output", "table inet filter { chain out { type filter hook output priority filter; policy drop; tcp sport 80 accept; } }", "vrrp_firewall"},
		{"stateful forwarding", "table inet filter { chain forwards { type filter hook forward priority filter; policy drop; ct state established,related accept; } }", "answer_firewall"},
		{"drops invalid", "table inet filter { chain forwards { type filter hook forward priority filter; ct state invalid drop; } }", "answer_firewall"},
		{"forwards real servers", `table inet filter { chain forwards { type filter hook forward priority filter; policy drop; ip saddr 192.0.2.0-192.0.2.99 iifname "eth0" tcp sport 80 accept; } }`, ""},
		{"forwarding behind IPVS", "table inet filter { chain forwards { type filter hook forward priority 150; policy drop; } }", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "rules.nft")
			if err := os.WriteFile(file, []byte(strings.ReplaceAll(tt.ruleset, "} }", "}\n}")+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			ns := nettest.New(t, "nft")
			ns.Run("nft", "-f", file)
			var f Facts
			if err := ns.Do(func() error { return f.gatherFirewall(t.Context()) }); err != nil {
				t.Fatal(err)
			}
			if got := found(f.Chains); got != tt.want {
				t.Errorf("found %q, want %q in %+v", got, tt.want, f.Chains)
			}
		})
	}
}

func TestIptables(t *testing.T) {
	tests := []struct{ name, rules, want string }{
		{"nothing", "", ""},
		{"policy", ":INPUT DROP [0:0]", "vrrp_firewall service_firewall"},
		{"VRRP", ":INPUT DROP [0:0]\n-A INPUT -p vrrp -j ACCEPT\n-A INPUT -p tcp -m multiport --dports 80,443 -j ACCEPT", ""},
		{"VRRP by number", ":INPUT DROP [0:0]\n-A INPUT -i eth0 -p 112 -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 1:100 -j ACCEPT", ""},
		{"group", ":INPUT DROP [0:0]\n-A INPUT -d 224.0.0.18/32 -j ACCEPT\n-A INPUT -d 192.0.2.100/32 -j ACCEPT", ""},
		{"ends with reject", ":INPUT ACCEPT [0:0]\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -p tcp -m state --state NEW -m tcp --dport 80 -j ACCEPT\n-A INPUT -j REJECT --reject-with icmp-host-prohibited", "vrrp_firewall"},
		{"not", ":INPUT ACCEPT [0:0]\n-A INPUT ! -i lo -p vrrp -j DROP", "vrrp_firewall"},
		{"not this interface", ":INPUT ACCEPT [0:0]\n-A INPUT ! -i eth0 -p vrrp -j DROP", ""},
		{"comment", ":INPUT ACCEPT [0:0]\n-A INPUT -p vrrp -m comment --comment \"no VRRP -j here\" -j DROP", "vrrp_firewall"},
		{"chain", ":INPUT ACCEPT [0:0]\n:LVS - [0:0]\n-A INPUT -j LVS\n-A LVS -p vrrp -j DROP", "vrrp_firewall"},
		{"chain that accepts", ":INPUT DROP [0:0]\n:LVS - [0:0]\n-A INPUT -g LVS\n-A LVS -p vrrp -j ACCEPT\n-A LVS -p tcp -j ACCEPT", ""},
		{"chain that is left", ":INPUT DROP [0:0]\n:LVS - [0:0]\n-A INPUT -g LVS\n-A INPUT -j ACCEPT\n-A LVS -p vrrp -j RETURN\n-A LVS -p tcp -j ACCEPT", "vrrp_firewall"},
		{"something unknown", ":INPUT ACCEPT [0:0]\n-A INPUT -m recent --update --seconds 60 --name x -j DROP", ""},
		{"something unknown accepts", ":INPUT DROP [0:0]\n-A INPUT -m set --match-set lvs src -j ACCEPT", ""},
		{"forwarding", ":FORWARD DROP [0:0]\n-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT", "answer_firewall"},
		{"forwards real servers", ":FORWARD DROP [0:0]\n-A FORWARD -s 192.0.2.31/32 -p tcp -m tcp --sport 80 -j ACCEPT", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			all := chains(t, "ip", "# Generated\n*filter\n"+tt.rules+"\nCOMMIT\n")
			if got := found(all); got != tt.want {
				t.Errorf("found %q, want %q in %+v", got, tt.want, all)
			}
			if got := found(chains(t, "ip6", "*filter\n"+tt.rules+"\nCOMMIT\n")); got != "" {
				t.Errorf("as rules for IPv6 they drop %q of IPv4", got)
			}
		})
	}
}

func FuzzParseNft(f *testing.F) {
	f.Add([]byte(`{"nftables":[{"chain":{"family":"ip","table":"t","name":"c","hook":"input","policy":"drop","prio":0}},` +
		`{"rule":{"family":"ip","table":"t","chain":"c","expr":[{"match":{"op":"==","left":{"payload":{"protocol":"ip","field":"protocol"}},"right":"vrrp"}},{"goto":{"target":"c"}}]}}]}`))
	f.Fuzz(func(_ *testing.T, text []byte) {
		if all, err := ParseNft(text); err == nil {
			found(all)
		}
	})
}

func FuzzParseIptables(f *testing.F) {
	f.Add("*filter\n:INPUT DROP [0:0]\n-A INPUT ! -i eth0 -p vrrp -m comment --comment \"a b\" -j INPUT\n")
	f.Fuzz(func(_ *testing.T, text string) {
		if all, err := ParseIptables(text, "ip"); err == nil {
			found(all)
		}
	})
}

func TestParseListeners(t *testing.T) {
	tcp := "  sl  local_address rem_address   st\n" +
		"   0: 0100007F:1F90 00000000:0000 0A 0 0\n   1: 0100007F:1F91 0100007F:0050 01 0 0\n"
	tcp6 := "   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 0\n" +
		"   1: B80D0120000000000000000001000000:0051 00000000000000000000000000000000:0000 0A 0\n"
	udp := "   0: 00000000:0035 00000000:0000 07 0\n"
	var got []string
	for _, l := range append(append(parseListeners(tcp, false), parseListeners(tcp6, false)...), parseListeners(udp, true)...) {
		got = append(got, l.Addr.String())
	}
	if want := "127.0.0.1:8080 [::]:80 [2001:db8::1]:81 0.0.0.0:53"; strings.Join(got, " ") != want {
		t.Errorf("listeners %v, want %s", got, want)
	}
}

func TestModuleState(t *testing.T) {
	const dep = "kernel/net/netfilter/ipvs/ip_vs_rr.ko.xz: kernel/net/netfilter/ipvs/ip_vs.ko.xz\nkernel/drivers/net/a-b.ko:\n"
	const builtin = "kernel/net/ipv4/tunnel4.ko\n"
	tests := []struct {
		name     string
		inKernel bool
		blocked  map[string]bool
		want     ModuleState
	}{
		{"ip_vs_rr", false, nil, ModuleLoadable},
		{"ip_vs_rr", true, nil, ModuleThere},
		{"ip_vs_rr", false, map[string]bool{"ip_vs_rr": true}, ModuleBlocked},
		{"ip_vs_r", false, nil, ModuleAbsent},
		{"a_b", false, nil, ModuleLoadable},
		{"tunnel4", false, nil, ModuleThere},
	}
	for _, tt := range tests {
		if got := moduleState(tt.name, tt.inKernel, dep, builtin, tt.blocked); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestWithinAddresses(t *testing.T) {
	for value, want := range map[string]bool{
		"192.0.2.0/24": true, "192.0.2.1-192.0.2.9": true, "192.0.2.5": true,
		"192.0.3.0/24": false, "192.0.2.6-192.0.2.9": false, "nonsense": false,
	} {
		if got := withinAddresses(netip.MustParseAddr("192.0.2.5").String(), value); got != want {
			t.Errorf("192.0.2.5 in %s: %v", value, got)
		}
	}
}
