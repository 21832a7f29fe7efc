package e2e

import (
	"errors"
	"syscall"
	"testing"
)

// marked are the networks of examples/fwmark.hcl and one more. UDP servers choose
// the address that they answer from.
const marked = `set -e
sysctl -qw net.ipv6.ip_nonlocal_bind=1
ip route add local 198.51.100.0/22 dev lo
ip route add local 203.0.113.0/24 dev lo
ip route add local 2001:db8:51::/48 dev lo
`

const firewall = `
table inet firewall {
  chain prerouting {
    type filter hook prerouting priority mangle
    ip daddr 203.0.113.0/24 tcp dport 80 meta mark set 7
  }
}`

// Thousands of addresses by marks of our own making, and what another firewall
// marked; that one's table stays as it is.
func TestFirewallMarks(t *testing.T) {
	s := newSite(t)
	example := s.Example("fwmark.hcl")
	for _, n := range []int{31, 32} {
		h, server := s.backend(n)
		h.Run("sh", "-c", marked)
		h.Serve(":8042", server.Name())
		h.ServeUDP(":53", server.Name())
	}
	d := s.Host("d", s.lan, "192.168.25.11/24", "2001:db8:25::11/64")
	d.Run("sh", "-c", marked)
	d.Run("nft", firewall)
	before := d.Run("nft", "list", "ruleset")
	s.client.Run("sh", "-c", `set -e
		ip route add 198.51.100.0/22 via 192.168.25.11
		ip route add 203.0.113.0/24 via 192.168.25.11
		ip route add 2001:db8:51::/48 via 2001:db8:25::11`)

	p := d.Direct(example)
	d.AwaitTable(soon, `
		-A -f 80 -s sh
		-a -f 80 -r 192.168.25.31:0 -g -w 1
		-a -f 80 -r 192.168.25.32:0 -g -w 1
		-A -f 86 -6 -s rr
		-a -f 86 -6 -r [2001:db8:25::31]:0 -g -w 1
		-a -f 86 -6 -r [2001:db8:25::32]:0 -g -w 1
		-A -f 7 -s rr
		-a -f 7 -r 192.168.25.31:0 -g -w 1
		-a -f 7 -r 192.168.25.32:0 -g -w 1`)
	s.client.AwaitAnswer(soon, "tcp", "198.51.100.0:80")
	same := make(map[string]int)
	for _, address := range []string{"198.51.100.0:80", "198.51.101.77:80", "198.51.103.255:80", "198.51.102.1:8042"} {
		name, err := s.client.Ask("tcp", address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
		}
		same[name]++
	}
	if !oneServes(same) {
		t.Errorf("one client was served by %v", same)
	}
	for _, address := range []string{"198.51.100.1:22", "203.0.113.1:8042"} {
		if name, err := s.client.Ask("tcp", address); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s, which no mark is for: %q, %v", address, name, err)
		}
	}
	expect(t, s.client.Spread("tcp", "203.0.113.9:80", 4), "r31:2 r32:2")
	expect(t, s.client.Spread("tcp", "[2001:db8:51::1]:80", 4), "r31:2 r32:2")
	expect(t, s.client.Spread("udp", "[2001:db8:51:ffff::1]:53", 4), "r31:2 r32:2")

	stop(t, p)
	if after := d.Run("nft", "list", "ruleset"); after != before {
		t.Errorf("the rules before:\n%s\nafter:\n%s", before, after)
	}
	if table := d.Table(); table != "" {
		t.Errorf("left behind:\n%s", table)
	}
}
