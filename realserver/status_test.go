package realserver

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStatus(t *testing.T) {
	fresh := []string{
		"tunl0 does not exist",
		"net.ipv4.conf.all.arp_ignore is 0, not 1",
		"net.ipv4.conf.all.arp_announce is 0, not 2",
		"net.ipv4.conf.lo.arp_ignore is 0, not 1",
		"net.ipv4.conf.lo.arp_announce is 0, not 2",
		"192.0.2.1/32 is not on lo",
	}
	for _, tt := range []struct {
		name string
		up   Config // called before, if it has addresses
		then func(*fakeHost)
		ask  []string
		want []string
	}{
		{name: "fresh host", ask: []string{"192.0.2.1"}, want: fresh},
		{name: "nothing asked", want: []string{"this host has not been prepared for any virtual address"}},
		{name: "ready", up: newConfig(t, "192.0.2.1", "2001:db8::1").tunnelled(), ask: []string{"192.0.2.1"}},
		{name: "ready, asked for all", up: newConfig(t, "192.0.2.1", "2001:db8::1").tunnelled()},
		{
			name: "one more", up: newConfig(t, "192.0.2.1").tunnelled(), ask: []string{"192.0.2.1", "192.0.2.2"},
			want: []string{"192.0.2.2/32 is not on lo", "192.0.2.2/32 is not on tunl0"},
		},
		{
			name: "undone by others", up: newConfig(t, "192.0.2.1", "2001:db8::1").tunnelled(),
			then: func(h *fakeHost) {
				h.links["tunl0"] = false
				h.sysctls["net/ipv4/conf/all/arp_ignore"] = "3"
				h.sysctls["net/ipv4/conf/lo/arp_ignore"] = "8"
				h.addrs["lo"] = []Address{address("192.0.2.1/24", "lo")}
			},
			want: []string{
				"tunl0 is down",
				"net.ipv4.conf.all.arp_ignore is 3, not 1",
				"192.0.2.1 is on lo as 192.0.2.1/24, which makes that whole network local",
				"2001:db8::1/128 is not on lo",
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newFakeHost()
			cfg := tt.up
			if len(cfg.Addresses) > 0 {
				wantUp(t, h, cfg)
			} else {
				cfg = newConfig(t)
			}
			if tt.then != nil {
				tt.then(h)
			}
			cfg = cfg.with(tt.ask...).tunnelled()
			changes := h.changes
			got, err := Status(h, cfg)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.Missing); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
			if got.OK() != (len(tt.want) == 0) || h.changes != changes {
				t.Errorf("OK() = %t; changes %q", got.OK(), h.log[changes:])
			}
		})
	}
}
