package vrrp

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
)

// A dialect is one way to speak VRRP: the same for us and for keepalived.
type dialect struct {
	name       string
	cfg        Config
	mac        string // of the virtual router, "" for none
	keepalived string // lines of its instance
}

func dialects() []dialect {
	two := Config{Version: 2, AdvertInterval: time.Second}
	pass, three := two, Config{Version: 3, AdvertInterval: 100 * time.Millisecond}
	pass.Password = "secretpw"
	six := three
	six.IPv6 = true
	mac4, mac6, peer2, peer3, peer6 := three, six, pass, three, six
	mac4.Transmit, mac6.Transmit = "vrrp.51", "vrrp.51"
	peer2.Peers, peer2.CheckSource = []Peer{{Addr: addr("10.99.0.2")}}, true
	peer3.Peers, peer3.CheckSource = peer2.Peers, true
	peer6.Peers, peer6.CheckSource = []Peer{{Addr: addr("fe80::99:2")}}, true
	const password = "authentication {\n auth_type PASS\n auth_pass secretpw\n}\n"
	const peer = "unicast_src_ip 10.99.0.2\nunicast_peer {\n 10.99.0.1\n}\n"
	return []dialect{
		{"version 2", two, "", ""},
		{"version 2 with password", pass, "", password},
		{"version 2 unicast", peer2, "", password + peer},
		{"version 3", three, "", ""},
		{"version 3 unicast", peer3, "", peer},
		{"version 3 with virtual MAC", mac4, "00:00:5e:00:01:33", "use_vmac vrrp.51\n"},
		{"IPv6", six, "", ""},
		{"IPv6 unicast", peer6, "", "unicast_src_ip fe80::99:2\nunicast_peer {\n fe80::99:1\n}\n"},
		{"IPv6 with virtual MAC", mac6, "00:00:5e:00:02:33", "use_vmac vrrp.51\n"},
	}
}

// TestKeepalivedSpeaksTheSame: keepalived's advertisements pass every check, and it believes ours.
func TestKeepalivedSpeaksTheSame(t *testing.T) {
	for _, d := range dialects() {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			nettest.Require(t, nettest.NetNS, nettest.Keepalived)
			_, left, right := pair(t)
			cfg := d.cfg
			cfg.Name, cfg.Interface, cfg.VRID, cfg.Priority, cfg.Addresses = "VI_1", "eth0", 51, 200, addrs("10.99.0.100")
			source := addr("10.99.0.1")
			if cfg.IPv6 {
				cfg.Addresses, source = addrs("fe80::99:100", "fd99::100"), addr("fe80::99:1")
			}
			startKeepalived(t, right.ns, &cfg, d.keepalived)
			if d.mac != "" {
				left.addMacvlan(d.mac)
			}
			c := left.open(cfg)

			var heard Advertisement
			for range 2 {
				p, ok := left.receive(10 * time.Second)
				if !ok {
					t.Fatal("keepalived says nothing")
				}
				if err := cfg.check(&heard, &p, source); err != nil {
					t.Fatalf("%+v: %v", p, err)
				}
				if heard.Priority != 100 || !cfg.sameAddresses(&heard) || heard.Interval != cfg.AdvertInterval {
					t.Errorf("heard %+v", heard)
				}
			}
			ours := cfg.advertisement(cfg.Priority)
			destination := cfg.group()
			if cfg.unicast() {
				destination = cfg.Peers[0].Addr
			}
			for round := range 4 {
				message, err := ours.Append(nil, source, destination)
				if err != nil {
					t.Fatal(err)
				}
				send(t, c, message, source.String(), destination.String())
				if p, ok := left.receive(cfg.AdvertInterval); ok && round > 0 {
					t.Errorf("round %d: keepalived does not yield: %+v", round, p)
				}
			}
		})
	}
}

// startKeepalived runs it with priority 100.
func startKeepalived(t *testing.T, ns *nettest.Namespace, cfg *Config, lines string) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "global_defs {\n router_id test\n vrrp_version %d\n}\nvrrp_instance VI_1 {\nstate BACKUP\ninterface eth0\n", cfg.Version)
	fmt.Fprintf(&b, "virtual_router_id 51\npriority 100\nadvert_int %g\n%s", cfg.AdvertInterval.Seconds(), lines)
	b.WriteString("virtual_ipaddress {\n")
	for _, a := range cfg.Addresses {
		fmt.Fprintf(&b, " %s\n", netip.PrefixFrom(a, a.BitLen()))
	}
	b.WriteString("}\n}\n")
	dir := t.TempDir()
	file := filepath.Join(dir, "keepalived.conf")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	ns.Start(ns.Command("keepalived", "-P", "-n", "-l", "-D", "-f", file,
		"-p", filepath.Join(dir, "keepalived.pid"), "-r", filepath.Join(dir, "vrrp.pid")))
}
