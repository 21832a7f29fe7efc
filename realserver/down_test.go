package realserver

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDownOfSomeKeepsTheRest(t *testing.T) {
	h := newFakeHost()
	cfg := newConfig(t)
	before := h.String()
	wantUp(t, h, cfg.with("192.0.2.1"))
	dr := h.String()
	wantUp(t, h, cfg.with("2001:db8::1", "192.0.2.2").tunnelled())

	wantDown(t, h, cfg.with("2001:db8::1", "192.0.2.2", "198.51.100.99"))
	if diff := cmp.Diff(dr, h.String()); diff != "" {
		t.Errorf("down of the others (-want +got):\n%s", diff)
	}
	wantDown(t, h, cfg.with("192.0.2.1"))
	if diff := cmp.Diff(before, h.String()); diff != "" {
		t.Errorf("down of the last (-want +got):\n%s", diff)
	}
	wantNoRecord(t, cfg)
}

// An IPv6 address alone does not hold the ARP sysctls.
func TestDownOfLastIPv4RestoresARP(t *testing.T) {
	h := newFakeHost()
	cfg := newConfig(t, "192.0.2.1", "2001:db8::1")
	wantUp(t, h, cfg)
	wantDown(t, h, cfg.with("192.0.2.1"))
	if diff := cmp.Diff("lo 127.0.0.1/8 lo\nlo 2001:db8::1/128\nlo ::1/128\n", h.String()); diff != "" {
		t.Errorf("host (-want +got):\n%s", diff)
	}
}

func TestDownWithoutUp(t *testing.T) {
	h := newFakeHost()
	h.addrs[loopback] = append(h.addrs[loopback], address("192.0.2.1/32", "lo"))
	cfg := newConfig(t, "192.0.2.1")
	wantDown(t, h, cfg) // not even the directory of the state file exists
	wantDown(t, h, cfg.with())
	if h.changes > 0 {
		t.Errorf("changes %q, want none", h.log)
	}
}

func TestDownLeavesWhatWasThere(t *testing.T) {
	h := newFakeHost()
	h.addrs[loopback] = append(h.addrs[loopback], address("192.0.2.1/32", "lo:0"))
	h.sysctls["net/ipv4/conf/all/arp_ignore"] = "1"
	before := h.String()
	cfg := newConfig(t, "192.0.2.1")
	wantUp(t, h, cfg)
	wantUp(t, h, cfg.with("192.0.2.2"))
	wantDown(t, h, cfg.with("192.0.2.2"))
	if !strings.Contains(h.String(), "lo.arp_ignore = 1") {
		t.Errorf("an address that was there before does not keep the sysctls:\n%s", h)
	}
	wantDown(t, h, cfg)
	if diff := cmp.Diff(before, h.String()); diff != "" {
		t.Errorf("host (-before +after):\n%s", diff)
	}
	wantNoRecord(t, cfg)
}

// The kernel keeps the tunnel devices that its module made.
func TestDownSetsFixedTunnelDown(t *testing.T) {
	h := newFakeHost()
	h.fixed = true
	cfg := newConfig(t, "192.0.2.1").tunnelled()
	wantUp(t, h, cfg)
	wantDown(t, h, cfg)
	if diff := cmp.Diff("lo 127.0.0.1/8 lo\nlo ::1/128\ntunl0 up=false\n", h.String()); diff != "" {
		t.Errorf("host (-want +got):\n%s", diff)
	}
	wantNoRecord(t, cfg)
}

func TestDownLeavesChangesOfOthers(t *testing.T) {
	const name = "net/ipv4/conf/all/arp_ignore"
	h := newFakeHost()
	cfg := newConfig(t, "192.0.2.1")
	wantUp(t, h, cfg)
	h.sysctls[name] = "8"
	h.addrs[loopback] = h.addrs[loopback][:2] // somebody removed the address
	wantDown(t, h, cfg)
	if got := h.sysctls[name]; got != "8" {
		t.Errorf("%s = %s after down, want 8 as somebody else set it", name, got)
	}
	wantNoRecord(t, cfg)

	h.sysctls[name] = "0"
	wantUp(t, h, cfg)
	h.sysctls[name] = "3" // not good enough
	wantUp(t, h, cfg)
	wantDown(t, h, cfg)
	if got := h.sysctls[name]; got != "3" {
		t.Errorf("%s = %s after up, foreign change, up, down; want 3", name, got)
	}
}

// TestDownRepeats makes each change of Down fail in turn, then repeats it.
func TestDownRepeats(t *testing.T) {
	for n := range 12 {
		h := newFakeHost()
		before := h.String()
		cfg := newConfig(t, "192.0.2.1", "2001:db8::1").tunnelled()
		wantUp(t, h, cfg)
		n += h.changes
		h.refuse = func(i int) error { return errorIf(i == n) }
		if err := Down(h, cfg); err != nil && !errors.Is(err, errInjected) {
			t.Errorf("change %d fails: %v", n, err)
		}
		if h.refuse = nil; strings.Contains(h.String(), "lo 192.0.2.1") && !strings.Contains(h.String(), "all.arp_ignore = 1") {
			t.Errorf("change %d fails: the host answers ARP for the address that is left", n)
		}
		wantDown(t, h, cfg.with())
		if diff := cmp.Diff(before, h.String()); diff != "" {
			t.Errorf("change %d fails, then down (-before +after):\n%s", n, diff)
		}
		wantNoRecord(t, cfg)
	}
}
