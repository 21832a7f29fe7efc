package realserver

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWalkLeavesNothing goes up and down at random, with changes that fail and
// crashes, and ends with a Down that succeeds: the host must be as before.
func TestWalkLeavesNothing(t *testing.T) {
	vips := []string{"192.0.2.1", "192.0.2.2", "198.51.100.7", "2001:db8::1", "2001:db8::2"}
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		h := randomHost(rnd, vips)
		before := h.String()
		cfg := newConfig(t)
		served := map[string]bool{}
		var story strings.Builder
		for range 1 + rnd.IntN(12) {
			some := subset(rnd, vips)
			c := cfg.with(some...)
			c.Tunnel = rnd.IntN(3) == 0
			fail(h, rnd)
			var err error
			up := rnd.IntN(5) < 3
			if up && len(some) > 0 {
				err = Up(h, c)
			} else {
				up = false
				err = Down(h, c)
			}
			fmt.Fprintf(&story, "up=%t %v tunnel=%t: %v\n", up, some, c.Tunnel, err)
			if err != nil && !errors.Is(err, errInjected) {
				t.Fatalf("seed %d: %v\n%s", seed, err, &story)
			}
			h.refuse = nil
			served = after(served, some, up, err)
			wantReady(t, h, cfg, served, &story)
		}
		if err := Down(h, cfg); err != nil {
			t.Fatalf("seed %d: down: %v\n%s", seed, err, &story)
		}
		if diff := cmp.Diff(before, h.String()); diff != "" {
			t.Fatalf("seed %d: left behind (-before +after):\n%s\n%s", seed, diff, &story)
		}
		if _, err := os.Stat(cfg.StateFile); !errors.Is(err, os.ErrNotExist) {
			t.Fatalf("seed %d: state file: %v\n%s", seed, err, &story)
		}
	}
}

// after returns what is certainly served after a call.
func after(served map[string]bool, some []string, up bool, err error) map[string]bool {
	switch {
	case up && err == nil:
		for _, s := range some {
			served[s] = true
		}
	case !up && len(some) == 0:
		return map[string]bool{}
	default: // gone, or half-way
		for _, s := range some {
			delete(served, s)
		}
	}
	return served
}

// wantReady checks that the host is ready for all that is served.
func wantReady(tb testing.TB, h Host, cfg Config, served map[string]bool, story fmt.Stringer) {
	tb.Helper()
	for addr := range served {
		report, err := Status(h, cfg.with(addr))
		if err != nil || !report.OK() {
			tb.Fatalf("%s is not ready: %v %v\n%s", addr, err, report.Missing, story)
		}
	}
}

// randomHost returns a host that differs from a fresh one.
func randomHost(rnd *rand.Rand, vips []string) *fakeHost {
	h := newFakeHost()
	for name := range h.sysctls {
		h.sysctls[name] = []string{"0", "0", "0", "1", "2"}[rnd.IntN(5)]
	}
	for i, vip := range vips {
		if rnd.IntN(4) > 0 {
			continue
		}
		a := place{loopback, netip.MustParseAddr(vip)}
		label := ""
		if a.Addr.Is4() {
			label = []string{"lo", "lo:ld0", fmt.Sprintf("lo:ld%d", 1+i)}[rnd.IntN(3)]
		}
		if label != "lo:ld0" || !slices.Contains(h.addrs[loopback], Address{Prefix: a.prefix(), Label: label}) {
			h.addrs[loopback] = append(h.addrs[loopback], Address{Prefix: a.prefix(), Label: label})
		}
	}
	if rnd.IntN(2) == 0 {
		_ = h.AddTunnel(tunnel4)
		h.links[tunnel4] = rnd.IntN(2) == 0
		h.fixed = true
		_ = h.AddTunnel(tunnel6)
		h.links[tunnel6] = rnd.IntN(2) == 0
	}
	return h
}

// fail makes none, one, or from some change on every change of the next call fail.
func fail(h *fakeHost, rnd *rand.Rand) {
	from, kind := h.changes+rnd.IntN(8), rnd.IntN(4)
	switch kind {
	case 0:
		h.refuse = func(i int) error { return errorIf(i == from) }
	case 1:
		h.refuse = func(i int) error { return errorIf(i >= from) }
	}
}

func errorIf(bad bool) error {
	if bad {
		return errInjected
	}
	return nil
}

func subset(rnd *rand.Rand, all []string) []string {
	var some []string
	for _, s := range all {
		if rnd.IntN(3) == 0 {
			some = append(some, s)
		}
	}
	return some
}

func TestRefusesImpossibleAddresses(t *testing.T) {
	for _, addr := range []string{"127.0.0.1", "0.0.0.0", "224.0.0.18", "::1", "::", "ff02::12", "fe80::1%eth0"} {
		h := newFakeHost()
		cfg := newConfig(t, "192.0.2.1", addr)
		if err := Up(h, cfg); err == nil || !strings.Contains(err.Error(), addr+" cannot be a virtual address") {
			t.Errorf("up of %s: %v", addr, err)
		}
		if len(h.log) > 0 {
			t.Errorf("up of %s changed the host: %q", addr, h.log)
		}
	}
	if err := Up(newFakeHost(), newConfig(t)); err == nil {
		t.Error("up without addresses succeeded")
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{syscall.EPERM, "set net.ipv4.conf.all.arp_ignore to 1: operation not permitted"},
		{syscall.EPERM, "(run this as root, or with CAP_NET_ADMIN)"},
		{syscall.EROFS, "(read-only here, as in most containers: do this on the host, or in a privileged container)"},
	} {
		h := newFakeHost()
		h.refuse = func(int) error { return tt.err }
		err := Up(h, newConfig(t, "192.0.2.1"))
		if err == nil || !strings.Contains(err.Error(), tt.want) || !errors.Is(err, tt.err) {
			t.Errorf("up: %v; want %q", err, tt.want)
		}
	}
}
