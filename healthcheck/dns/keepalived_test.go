package dns

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/miekg/dns"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/internal/probetest"
)

func TestKeepalivedJudgesAlike(t *testing.T) {
	nettest.Require(t, nettest.NetNS, nettest.IPVS, nettest.Keepalived, nettest.Ipvsadm)
	set := func(change func(*dns.Msg)) func(*testing.T, []byte) []byte {
		return func(t *testing.T, q []byte) []byte { return respond(t, q, change) }
	}
	tests := []struct {
		name  string
		reply func(t *testing.T, query []byte) []byte
		up    bool
	}{
		{"no answers", set(nil), true},
		{"name error", set(func(m *dns.Msg) { m.Rcode = dns.RcodeNameError }), false},
		{"server failure", set(func(m *dns.Msg) { m.Rcode = dns.RcodeServerFailure }), false},
		{"refused", set(func(m *dns.Msg) { m.Rcode = dns.RcodeRefused }), false},
		{"truncated", set(func(m *dns.Msg) { m.Truncated = true }), true},
		{"not recursive", set(func(m *dns.Msg) { m.RecursionAvailable = false }), true},
		{"another id", set(func(m *dns.Msg) { m.Id++ }), false},
		{"short", func(_ *testing.T, q []byte) []byte { return q[:8] }, false},
	}
	ns := nettest.New(t, "dns")
	var mu sync.Mutex
	var query []byte // the first one; all are alike but for the id
	var targets []netip.AddrPort
	asked := make([]atomic.Int32, len(tests))
	want := make(map[netip.AddrPort]bool)
	for i, tt := range tests {
		var addr netip.AddrPort
		err := ns.Do(func() error {
			addr = serveUDP(t, func(q []byte) [][]byte {
				asked[i].Add(1)
				mu.Lock()
				defer mu.Unlock()
				if query == nil {
					query = append(query, q...)
				}
				return [][]byte{tt.reply(t, q)}
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		targets = append(targets, addr)
		want[addr] = tt.up
	}
	up := probetest.Keepalived(t, ns, t.TempDir(), "DNS_CHECK", "      type A\n      name www.example.org", targets)
	nettest.Eventually(t, 2*time.Minute, "keepalived has asked every server twice and judged", func() error {
		for i, tt := range tests {
			if asked[i].Load() < 2 {
				return fmt.Errorf("%s was asked %d times", tt.name, asked[i].Load())
			}
		}
		if diff := cmp.Diff(want, up(), cmpopts.EquateComparable(netip.AddrPort{})); diff != "" {
			return fmt.Errorf("(-want +keepalived):\n%s", diff)
		}
		return nil
	})
	p, err := newProbe(Config{Type: "A", Name: "www.example.org"})
	if err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	theirs := query[2:]
	mu.Unlock()
	if ours := p.question[2:]; string(ours) != string(theirs) {
		t.Errorf("our query %x, keepalived's %x", ours, theirs)
	}
	for i, tt := range tests {
		err := ns.Do(func() error {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := (&overUDP{p}).Probe(ctx, healthcheck.Target{Addr: targets[i]}, healthcheck.Unknown)
			return err
		})
		if (err == nil) != tt.up {
			t.Errorf("%s: got %v, want up = %v", tt.name, err, tt.up)
		}
	}
}
