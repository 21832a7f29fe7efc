package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// Stickiness by network and by SIP call, and none at all by packet.
func TestPersistence(t *testing.T) {
	s := newSite(t)
	for _, n := range []int{31, 32} {
		h, server := s.backend(n, vip)
		h.ServeUDP(":53", server.Name())
		h.ServeUDP(":54", server.Name())
		h.ServeUDP(":5060", server.Name())
	}
	s.client.Run("sh", "-c", "for n in 65 66 78 81; do ip address add 192.168.25.$n/24 dev eth0; done")
	d := s.lonely()
	d.Direct(s.File(`
pool "both" { real_servers = ["192.168.25.31", "192.168.25.32"] }
virtual_server "web" {
  address                 = "192.168.25.100:80"
  lb_algo                 = "rr"
  lb_kind                 = "DR"
  persistence_timeout     = "50s"
  persistence_granularity = "255.255.255.240"
  pool                    = "both"
}
virtual_server "packets" {
  address  = "192.168.25.100:53"
  protocol = "UDP"
  lb_algo  = "rr"
  lb_kind  = "DR"
  ops      = true
  pool     = "both"
}
virtual_server "flows" {
  address  = "192.168.25.100:54"
  protocol = "UDP"
  lb_algo  = "rr"
  lb_kind  = "DR"
  pool     = "both"
}
virtual_server "calls" {
  address             = "192.168.25.100:5060"
  protocol            = "UDP"
  lb_algo             = "rr"
  lb_kind             = "DR"
  persistence_timeout = "50s"
  persistence_engine  = "sip"
  pool                = "both"
}`))
	real := func(service string, port int) (text string) {
		for _, n := range []int{31, 32} {
			text += fmt.Sprintf("-a %s -r 192.168.25.%d:%d -g -w 1\n", service, n, port)
		}
		return text
	}
	d.AwaitTable(soon, `
		-A -t 192.168.25.100:80 -s rr -p 50 -M 255.255.255.240
		-A -u 192.168.25.100:53 -s rr -o
		-A -u 192.168.25.100:54 -s rr
		-A -u 192.168.25.100:5060 -s rr -p 50 --pe sip
		`+real("-t 192.168.25.100:80", 80)+real("-u 192.168.25.100:53", 53)+real("-u 192.168.25.100:54", 54)+real("-u 192.168.25.100:5060", 5060))

	ask := func(source, network, address string) string {
		t.Helper()
		name, err := s.client.AskFrom(source, network, address)
		if err != nil {
			t.Errorf("%s from %s: %v", address, source, err)
		}
		return name
	}
	first := ask("192.168.25.65:0", "tcp", web)
	for _, neighbour := range []string{"192.168.25.66:0", "192.168.25.78:0"} {
		if name := ask(neighbour, "tcp", web); name != first {
			t.Errorf("%s is served by %s, its network by %s", neighbour, name, first)
		}
	}
	if name := ask("192.168.25.81:0", "tcp", web); name == first {
		t.Errorf("another network is served by %s, too", name)
	}

	packets, flows := make(map[string]int), make(map[string]int)
	for range 6 {
		packets[ask("192.168.25.99:4000", "udp", vip+":53")]++
		flows[ask("192.168.25.99:4000", "udp", vip+":54")]++
	}
	expect(t, packets, "r31:3 r32:3")
	if !oneServes(flows) {
		t.Errorf("packets of one flow went to %v", flows)
	}

	// The kernel holds together what has one Call-ID and comes from one address,
	// whatever the port; other calls from there may go elsewhere.
	servers := make(map[string]int)
	for call := range 4 {
		invite := fmt.Sprintf("INVITE sip:b@example.com SIP/2.0\r\nFrom: <sip:a@example.com>\r\nCall-ID: %d@192.168.25.99\r\n\r\n", call)
		var names []string
		for _, port := range []int{5060 + call, 5070 + call} {
			name, err := s.client.Exchange(join("192.168.25.65", port), vip+":5060", invite)
			if err != nil {
				t.Errorf("call %d from port %d: %v", call, port, err)
			}
			names = append(names, name)
		}
		if names[0] != names[1] {
			t.Errorf("call %d is served by %s", call, strings.Join(names, " and "))
		}
		servers[names[0]]++
	}
	expect(t, servers, "r31:2 r32:2")
}

// SCTP has no probe: the servers are in from the start.
func TestSCTP(t *testing.T) {
	s := newSite(t)
	for _, n := range []int{31, 32} {
		h, server := s.backend(n, vip)
		h.ServeSCTP(vip+":3868", server.Name())
	}
	d := s.lonely()
	d.Direct(s.File(`
virtual_server "diameter" {
  address      = "192.168.25.100:3868"
  protocol     = "SCTP"
  lb_algo      = "rr"
  lb_kind      = "DR"
  real_servers = ["192.168.25.31:3868", "192.168.25.32:3868"]
}`))
	d.AwaitTable(soon, `
		-A --sctp-service 192.168.25.100:3868 -s rr
		-a --sctp-service 192.168.25.100:3868 -r 192.168.25.31:3868 -g -w 1
		-a --sctp-service 192.168.25.100:3868 -r 192.168.25.32:3868 -g -w 1`)
	expect(t, s.client.Spread("sctp", vip+":3868", 4), "r31:2 r32:2")
}
