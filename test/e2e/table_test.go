package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/test/lab"
)

// The table is what an administrator makes by hand with ipvsadm, also where
// one of the real servers is the director itself.
func TestSameTableAsByHand(t *testing.T) {
	s := newSite(t)
	byHand, byUs := s.lonely(), s.lonely()
	for _, args := range []string{
		"-A -t 192.168.25.100:80 -s rr",
		"-a -t 192.168.25.100:80 -r 192.168.25.31:8080 -m",
		"-a -t 192.168.25.100:80 -r 192.168.25.11:8080 -m",
	} {
		byHand.Run("ipvsadm", strings.Fields(args)...)
	}
	byUs.Direct(s.File(`
ipvs { resync = "1s" }
virtual_server "web" {
  address = "192.168.25.100:80"
  lb_algo = "rr"
  lb_kind = "NAT"
  real_server "192.168.25.31:8080" {}
  real_server "192.168.25.11:8080" {}
}`))
	byUs.AwaitTable(soon, byHand.Table())
	lines := func(h *lab.Host) string {
		all := strings.Split(h.Run("ipvsadm", "-Ln"), "\n")
		slices.Sort(all)
		return strings.Join(all, "\n")
	}
	if hand, ours := lines(byHand), lines(byUs); hand != ours {
		t.Errorf("by hand:\n%s\nours:\n%s", hand, ours)
	}
	if repairs := status(t, byUs).Table.Repairs; repairs != 0 {
		t.Errorf("%d repairs of a table that nobody else touched", repairs)
	}
}

// Every scheduler spreads as it promises. Weights are 1, 2 and 3. "held" keeps
// its connections open, so that schedulers which count them show it.
func TestSchedulers(t *testing.T) {
	tests := map[string]struct {
		held bool
		want func(got map[string]int) bool
		says string
	}{
		"rr":    {true, exactly(4, 4, 4), "each in turn"},
		"wrr":   {true, exactly(2, 4, 6), "by weight"},
		"lc":    {true, exactly(4, 4, 4), "as many connections each"},
		"wlc":   {true, exactly(2, 4, 6), "as many connections for each weight"},
		"sed":   {true, exactly(2, 4, 6), "the shortest expected delay"},
		"nq":    {true, allServe, "idle ones first"},
		"lblc":  {false, oneServes, "the same for one destination"},
		"lblcr": {false, oneServes, "the same set for one destination"},
		"dh":    {false, oneServes, "the same for one destination"},
		"sh":    {false, oneServes, "the same for one client"},
		"mh":    {false, oneServes, "the same for one client"},
		"fo":    {false, exactly(0, 0, 12), "the heaviest"},
		"ovf":   {false, exactly(0, 0, 12), "the heaviest until it is full"},
		"twos":  {false, func(got map[string]int) bool { return len(got) > 1 }, "the better of two by chance"},
	}
	if names := slices.Sorted(maps.Keys(tests)); !slices.Equal(names, slices.Sorted(slices.Values(ipvs.Schedulers()))) {
		t.Fatalf("tested are %v", names)
	}
	s := newSite(t)
	d := s.lonely()
	var config strings.Builder
	var addresses []string
	address := func(i int) string { return fmt.Sprintf("192.168.25.%d", 101+i) }
	for i, name := range ipvs.Schedulers() {
		addresses = append(addresses, address(i))
		d.Run("ip", "address", "add", address(i)+"/24", "dev", "eth0")
		fmt.Fprintf(&config, `virtual_server %q {
  address = "%s:80"
  lb_algo = %q
  lb_kind = "DR"
  real_servers = ["192.168.25.31:80", "192.168.25.32:80 weight 2", "192.168.25.33:80 weight 3"]
}
`, name, address(i), name)
	}
	for _, n := range []int{31, 32, 33} {
		s.backend(n, addresses...)
	}
	d.Direct(s.File(config.String()))
	for i, name := range ipvs.Schedulers() {
		tt := tests[name]
		got := make(map[string]int)
		if tt.held {
			for range 12 {
				got[s.client.Transfer(address(i)+":80").Server]++
			}
		} else {
			got = s.client.Spread("tcp", address(i)+":80", 12)
		}
		if !tt.want(got) {
			t.Errorf("%s promises %s, 12 connections went to %v", name, tt.says, got)
		}
	}
}

func exactly(r31, r32, r33 int) func(map[string]int) bool {
	return func(got map[string]int) bool {
		return got["r31"] == r31 && got["r32"] == r32 && got["r33"] == r33
	}
}

func allServe(got map[string]int) bool  { return len(got) == 3 }
func oneServes(got map[string]int) bool { return len(got) == 1 }

func TestUDPAndPersistence(t *testing.T) {
	s := newSite(t)
	d := s.lonely()
	for _, n := range []int{31, 32} {
		h, _ := s.backend(n, vip)
		h.ServeUDP(vip+":53", fmt.Sprint("r", n)) // the answer must come from the address that was asked
	}
	d.Direct(s.File(`
virtual_server "dns" {
  address  = "192.168.25.100:53"
  protocol = "UDP"
  lb_algo  = "rr"
  lb_kind  = "DR"
  real_server "192.168.25.31:53" {}
  real_server "192.168.25.32:53" {}
}
virtual_server "web" {
  address             = "192.168.25.100:80"
  lb_algo             = "rr"
  lb_kind             = "DR"
  persistence_timeout = "50s"
  real_server "192.168.25.31:80" {}
  real_server "192.168.25.32:80" {}
}`))
	d.AwaitTable(soon, `
		-A -u 192.168.25.100:53 -s rr
		-a -u 192.168.25.100:53 -r 192.168.25.31:53 -g -w 1
		-a -u 192.168.25.100:53 -r 192.168.25.32:53 -g -w 1
		-A -t 192.168.25.100:80 -s rr -p 50
		-a -t 192.168.25.100:80 -r 192.168.25.31:80 -g -w 1
		-a -t 192.168.25.100:80 -r 192.168.25.32:80 -g -w 1`)
	expect(t, s.client.Spread("udp", vip+":53", 10), "r31:5 r32:5")
	if got := s.client.Spread("tcp", web, 10); !oneServes(got) {
		t.Errorf("a persistent client was served by %v", got)
	}
}

// A back-end is prepared, says so, and is left as it was.
func TestRealserverCommands(t *testing.T) {
	s := newSite(t)
	h := s.Host("r31", s.lan, "192.168.25.31/24")
	example := s.Example("dr-pair.hcl")
	args := []string{"-c", example, "--for", "192.168.25.31"}
	look := func() string {
		return h.Run("ip", "-o", "address") + h.Run("sysctl", "-ar", `net.ipv4.conf.*\.arp_(ignore|announce)`)
	}
	before := look()
	steps := []struct {
		verb string
		code int
		want string
	}{
		{"status", 1, vip + "/32 is not on lo"},
		{"up", 0, ""}, {"up", 0, ""}, {"status", 0, "ready for " + vip},
		{"down", 0, ""}, {"down", 0, ""}, {"status", 1, vip},
	}
	for _, step := range steps {
		out, code := h.Ldirector(append([]string{"realserver", step.verb}, args...)...)
		if code != step.code || !strings.Contains(out, step.want) {
			t.Errorf("%s: exit code %d, want %d and %q\n%s", step.verb, code, step.code, step.want, out)
		}
	}
	if after := look(); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
}
