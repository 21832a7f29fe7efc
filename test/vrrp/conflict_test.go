package vrrp

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mdlayher/arp"
	"github.com/mdlayher/ethernet"

	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/test/lab"
)

// conflict is what status has to say of another host.
func conflict(words ...string) func(v api.VRRPInstance) bool {
	return func(v api.VRRPInstance) bool {
		all := strings.Join(v.Conflicts, "\n")
		for _, word := range words {
			if !strings.Contains(all, word) {
				return false
			}
		}
		return len(v.Conflicts) > 0
	}
}

func calm(v api.VRRPInstance) bool { return len(v.Conflicts) == 0 }

// A scribe is a command that writes down what it is called with.
type scribe struct {
	t            *testing.T
	script, file string
}

func newScribe(t *testing.T) *scribe {
	t.Helper()
	dir := t.TempDir()
	s := &scribe{t: t, script: filepath.Join(dir, "script"), file: filepath.Join(dir, "heard")}
	write(t, s.script, "echo \"$*\" >>"+s.file+"\n")
	return s
}

// command is how a configuration calls the scribe, quoted.
func (s *scribe) command(words string) string {
	return strconv.Quote(strings.TrimSpace("/bin/sh " + s.script + " " + words))
}

// await waits until what was written down is as it should be.
func (s *scribe) await(what string, is func(heard string) bool) {
	s.t.Helper()
	nettest.Eventually(s.t, soon, what, func() error {
		heard, err := os.ReadFile(s.file)
		if err == nil && !is(string(heard)) {
			err = fmt.Errorf("heard\n%s", heard)
		}
		return err
	})
}

// hears waits until what was written down begins with text.
func (s *scribe) hears(text string) {
	s.t.Helper()
	s.await("the script is called", func(heard string) bool { return strings.HasPrefix(heard, text) })
}

// Routers that differ in what has to be equal are both master, and both say so.
func TestMisconfiguredPeers(t *testing.T) {
	second := setup{version: 2, interval: time.Second, password: "secretpw"}
	tests := []struct {
		name   string
		differ func(s *setup)
		reason string
	}{
		{"password", func(s *setup) { s.password = "another" }, "auth"},
		{"no password", func(s *setup) { s.password = "" }, "auth"},
		{"version", func(s *setup) { s.version, s.password = 3, "" }, "version"},
		{"interval", func(s *setup) { s.interval = 2 * time.Second }, "interval"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			nettest.Require(t, nettest.NetNS)
			theirs := second
			tt.differ(&theirs)
			heard := newScribe(t)
			s := newSite(t, second, &ours{instance: "notify_conflict = " + heard.command("")}, &ours{speaks: &theirs})
			one, two := s.pair()
			one.start()
			two.start()
			for _, n := range s.nodes {
				n.await("is master", func(v api.VRRPInstance) bool { return v.State == "MASTER" })
				n.await("tells of the other one", conflict("is not heard", tt.reason))
				if log := n.daemon.(*ours).process.Output(); !strings.Contains(log, "is not heard") {
					t.Errorf("the log of %s has nothing of it:\n%s", n.name, log)
				}
			}
			heard.await("notify_conflict runs", func(heard string) bool {
				return strings.HasPrefix(heard, "INSTANCE VI_1 CONFLICT 10.99.1.2 is not heard")
			})
			two.stop()
			one.await("is alone", calm)
			heard.await("notify_conflict runs again", func(heard string) bool { return strings.Contains(heard, "INSTANCE VI_1 CLEAR ") })
		})
	}
}

// Routers with the same keys hear each other, whichever they sign with.
func TestHMAC(t *testing.T) {
	signed := func(active int) string {
		return fmt.Sprintf("auth_hmac {\n active_key = %d\n key \"1\" { value = %q }\n key \"2\" { value = %q }\n}",
			active, strings.Repeat("one", 11), strings.Repeat("two", 11))
	}
	_, preferred, other := newPair(t, tempo, &ours{instance: signed(1)}, &ours{instance: signed(2)})
	config := other.daemon.(*ours).config(other)
	preferred.staysMaster(other)
	other.reload(strings.NewReplacer("one", "six", "two", "ten").Replace(config))
	for _, n := range []*node{preferred, other} {
		n.await("does not hear the other one", func(v api.VRRPInstance) bool {
			return v.State == "MASTER" && conflict("is not heard")(v)
		})
	}
	other.reload(config)
	preferred.awaitMaster(other)
}

// With unicast only peers are listened to.
func TestStrangerIsRefused(t *testing.T) {
	t.Parallel()
	nettest.Require(t, nettest.NetNS)
	s := newSite(t, setup{version: 3, interval: tempo, unicast: true}, &ours{}, &ours{}, &ours{})
	one, two, stranger := s.nodes[0], s.nodes[1], s.nodes[2]
	stranger.priority = 200
	s.nodes = s.nodes[:2] // the others do not know of the third one
	one.start()
	two.start()
	one.awaitMaster(two)
	s.nodes = append(s.nodes, stranger)
	stranger.start() // it sends to both
	one.await("refuses the stranger", func(v api.VRRPInstance) bool {
		total := uint64(0)
		for _, n := range v.Counters.Refused {
			total += n
		}
		return total > 5
	})
	one.staysMaster(two)
	if v, err := one.instance(); err != nil || v.Master != one.address() {
		t.Errorf("it is %+v (%v)", v, err)
	}
}

// claim sends a gratuitous ARP for the virtual address from a host that has not got it.
func claim(t *testing.T, h *lab.Host, vip netip.Addr) {
	t.Helper()
	err := h.Do(func() error {
		ifi, err := net.InterfaceByName("eth0")
		if err != nil {
			return err
		}
		c, err := arp.Dial(ifi)
		if err != nil {
			return err
		}
		defer c.Close()
		p, err := arp.NewPacket(arp.OperationRequest, ifi.HardwareAddr, vip, ethernet.Broadcast, vip)
		if err != nil {
			return err
		}
		return c.WriteTo(p, ethernet.Broadcast)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Another host claims the address: the master tells, and the client comes back to it.
func TestClaimedAddress(t *testing.T) {
	n := newNode(t, &ours{})
	thief := n.site.Host("thief", n.site.lans[0], n.site.prefix(1, 66))
	n.start()
	n.awaitMaster(nil)
	nettest.Eventually(t, soon, "a conflict is told of", func() error { // not in the first moments of a master
		claim(t, thief, netip.MustParseAddr(n.site.vip(1)))
		v, err := n.instance()
		if err == nil && !conflict(n.site.vip(1), "too")(v) {
			err = fmt.Errorf("it is %+v", v)
		}
		return err
	})
	n.awaitAnswer()
	n.await("the conflict is over", calm)
	if v, err := n.instance(); err != nil || v.State != "MASTER" || v.Counters.BecameMaster != 1 {
		t.Errorf("it is %+v (%v)", v, err)
	}
}

// Two masters that cannot hear each other's advertisements find each other by their announcements, and one yields.
func TestConflictYields(t *testing.T) {
	nettest.Require(t, "nft")
	yield := func() *ours { return &ours{instance: `on_conflict = "yield"`} }
	s, preferred, other := newPair(t, tempo, yield(), yield())
	s.deafen(preferred, other)
	var masters, yielded []*node
	nettest.Eventually(t, soon, "exactly one serves", func() error {
		masters, yielded = nil, nil
		for _, n := range s.nodes {
			v, err := n.instance()
			switch {
			case err != nil:
				return err
			case v.State == "MASTER":
				masters = append(masters, n)
			case v.State == "FAULT" && len(v.Conflicts) > 0:
				yielded = append(yielded, n)
			}
		}
		if len(masters) != 1 || len(yielded) != 1 {
			return fmt.Errorf("%d are master and %d have yielded", len(masters), len(yielded))
		}
		return nil
	})
	masters[0].awaitMaster(yielded[0])
	masters[0].staysMaster(yielded[0])
	s.undeafen()
	yielded[0].await("is a backup", func(v api.VRRPInstance) bool {
		return v.State == "BACKUP" && v.Master == masters[0].address()
	})
	for _, n := range s.nodes {
		n.await("is calm", calm)
	}
	preferred.do("vrrp", "preempt", "VI_1")
	preferred.awaitMaster(other)
}

// After a partition the winner's is the last word, and the client comes back at once: its own memory is too long for
// the limit of the test.
func TestPartitionHeals(t *testing.T) {
	t.Parallel()
	for way, cfg := range setups("v3", "v3 IPv6", "v3 vmac") {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			s, preferred, other := elected(t, cfg, &ours{}, &ours{})
			s.client.Run("sysctl", "-qw", "net.ipv4.neigh.eth0.base_reachable_time_ms=600000",
				"net.ipv6.neigh.eth0.base_reachable_time_ms=600000")
			for range 3 {
				preferred.Vanish()
				other.awaitMaster(nil)
				preferred.Return()
				preferred.awaitMaster(other)
			}
		})
	}
}

// With a virtual MAC address the client never sees another one.
func TestVirtualMAC(t *testing.T) {
	t.Parallel()
	for way, mac := range map[string]string{"v3 vmac": "00:00:5e:00:01:33", "v3 IPv6 vmac": "00:00:5e:00:02:33"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			s, preferred, other := elected(t, setups(way)[way], &ours{}, &ours{})
			sees := func() {
				t.Helper()
				if out := s.client.Run("ip", "neigh", "show", s.vip(1)); !strings.Contains(out, "lladdr "+mac+" ") {
					t.Errorf("the client has %q, want %s", out, mac)
				}
			}
			sees()
			preferred.Vanish()
			other.awaitMaster(nil)
			sees()
			preferred.Return()
			preferred.awaitMaster(other)
			sees()
			preferred.stop()
			other.awaitMaster(preferred)
			sees()
			if out := preferred.Run("ip", "link"); strings.Contains(out, "macvlan") || strings.Contains(out, mac) {
				t.Errorf("left behind:\n%s", out)
			}
		})
	}
}
