package realserver

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUp(t *testing.T) {
	for _, tt := range []struct {
		name string
		host func(*fakeHost)
		cfg  Config
		want string // additional lines of the host's text
	}{
		{
			name: "IPv4",
			cfg:  newConfig(t, "192.0.2.1", "192.0.2.2", "::ffff:192.0.2.1"),
			want: `lo 127.0.0.1/8 lo
lo 192.0.2.1/32 lo:ld0
lo 192.0.2.2/32 lo:ld1
lo ::1/128
net.ipv4.conf.all.arp_announce = 2
net.ipv4.conf.all.arp_ignore = 1
net.ipv4.conf.lo.arp_announce = 2
net.ipv4.conf.lo.arp_ignore = 1
`,
		},
		{
			name: "IPv6 needs no sysctl",
			cfg:  newConfig(t, "2001:db8::1"),
			want: `lo 127.0.0.1/8 lo
lo 2001:db8::1/128
lo ::1/128
`,
		},
		{
			name: "stricter sysctls stay, labels are unique",
			host: func(h *fakeHost) {
				h.sysctls["net/ipv4/conf/all/arp_ignore"] = "2"
				h.sysctls["net/ipv4/conf/lo/arp_ignore"] = "3"
				h.addrs[loopback] = append(h.addrs[loopback], address("203.0.113.5/32", "lo:ld0"))
			},
			cfg: newConfig(t, "192.0.2.1", "192.0.2.2"),
			want: `lo 127.0.0.1/8 lo
lo 192.0.2.1/32 lo:ld1
lo 192.0.2.2/32 lo:ld2
lo 203.0.113.5/32 lo:ld0
lo ::1/128
net.ipv4.conf.all.arp_announce = 2
net.ipv4.conf.all.arp_ignore = 2
net.ipv4.conf.lo.arp_announce = 2
net.ipv4.conf.lo.arp_ignore = 1
`,
		},
		{
			name: "tunnels",
			cfg:  newConfig(t, "192.0.2.1", "2001:db8::1").tunnelled(),
			want: `ip6tnl0 up=true
lo 127.0.0.1/8 lo
lo 192.0.2.1/32 lo:ld0
lo 2001:db8::1/128
lo ::1/128
net.ipv4.conf.all.arp_announce = 2
net.ipv4.conf.all.arp_ignore = 1
net.ipv4.conf.lo.arp_announce = 2
net.ipv4.conf.lo.arp_ignore = 1
net.ipv4.conf.tunl0.rp_filter = 2
tunl0 192.0.2.1/32 tunl0:ld0
tunl0 up=true
`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newFakeHost()
			if tt.host != nil {
				tt.host(h)
			}
			before := h.String()
			wantUp(t, h, tt.cfg)
			if diff := cmp.Diff(tt.want, h.String()); diff != "" {
				t.Errorf("host (-want +got):\n%s", diff)
			}
			done := h.changes
			wantUp(t, h, tt.cfg)
			if h.changes != done {
				t.Errorf("up again changed the host: %q", h.log[done:])
			}
			wantDown(t, h, tt.cfg)
			if diff := cmp.Diff(before, h.String()); diff != "" {
				t.Errorf("after down (-before +after):\n%s", diff)
			}
			wantNoRecord(t, tt.cfg)
		})
	}
}

// TestUpIsQuietFirst proves that no address is added before its sysctls and
// devices are ready, and that none is added when they cannot be.
func TestUpIsQuietFirst(t *testing.T) {
	want := []string{
		"create tunl0",
		"set net.ipv4.conf.all.arp_ignore to 1",
		"set net.ipv4.conf.all.arp_announce to 2",
		"set net.ipv4.conf.lo.arp_ignore to 1",
		"set net.ipv4.conf.lo.arp_announce to 2",
		"set net.ipv4.conf.tunl0.rp_filter to 2",
		"set tunl0 up=true",
		"add 192.0.2.1/32 to lo",
		"add 192.0.2.1/32 to tunl0",
	}
	h := newFakeHost()
	wantUp(t, h, newConfig(t, "192.0.2.1").tunnelled())
	if diff := cmp.Diff(want, h.log); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	for n := range 7 {
		h := newFakeHost()
		h.refuse = func(i int) error { return errorIf(i == n) }
		if err := Up(h, newConfig(t, "192.0.2.1").tunnelled()); !errors.Is(err, errInjected) {
			t.Errorf("%s refused: up: %v", want[n], err)
		}
		if text := h.String(); strings.Contains(text, "192.0.2.1") {
			t.Errorf("%s refused, but the address added:\n%s", want[n], text)
		}
	}
}

// TestUpCompletes stops at each change in turn, as a crash does, and goes up again.
func TestUpCompletes(t *testing.T) {
	whole := newFakeHost()
	wantUp(t, whole, newConfig(t, "192.0.2.1", "2001:db8::1").tunnelled())
	before := newFakeHost().String()
	for n := range whole.changes {
		h := newFakeHost()
		cfg := newConfig(t, "192.0.2.1", "2001:db8::1").tunnelled()
		h.refuse = func(i int) error { return errorIf(i >= n) }
		if err := Up(h, cfg); !errors.Is(err, errInjected) {
			t.Fatalf("stopped at change %d: %v", n, err)
		}
		h.refuse = nil
		wantUp(t, h, cfg)
		if diff := cmp.Diff(whole.String(), h.String()); diff != "" {
			t.Errorf("stopped at change %d, then up (-want +got):\n%s", n, diff)
		}
		wantDown(t, h, cfg)
		if diff := cmp.Diff(before, h.String()); diff != "" {
			t.Errorf("stopped at change %d, up, down (-before +after):\n%s", n, diff)
		}
	}
}

func TestUpKeepsTunnelOfAddress(t *testing.T) {
	h := newFakeHost()
	cfg := newConfig(t, "192.0.2.1")
	wantUp(t, h, cfg.tunnelled())
	want := h.String()
	wantUp(t, h, cfg)
	if diff := cmp.Diff(want, h.String()); diff != "" {
		t.Errorf("up without tunnel (-before +after):\n%s", diff)
	}
}

func TestUpRefusesNetworkOnLoopback(t *testing.T) {
	h := newFakeHost()
	h.addrs[loopback] = append(h.addrs[loopback], address("192.0.2.1/24", "lo"))
	err := Up(h, newConfig(t, "192.0.2.1", "192.0.2.2"))
	want := "lo already has 192.0.2.1/24, which makes that whole network local: remove it (ip addr del 192.0.2.1/24 dev lo)"
	if err == nil || err.Error() != want {
		t.Errorf("up: %v; want %q", err, want)
	}
	if !strings.Contains(h.String(), "192.0.2.2/32") {
		t.Errorf("the other address was not added:\n%s", h)
	}
}
