package ipvs

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestNewClientWithoutModule(t *testing.T) {
	k := newFakeKernel(t)
	k.family = 0
	if _, err := newClient(k); !errors.Is(err, ErrNoModule) {
		t.Errorf("error %v, want %v", err, ErrNoModule)
	}
}

func TestNewClientWithoutCapability(t *testing.T) {
	k := newFakeKernel(t)
	k.denied = true
	_, err := newClient(k)
	if !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), "CAP_NET_ADMIN") {
		t.Errorf("error %v, want one that matches os.ErrPermission and names CAP_NET_ADMIN", err)
	}
}

func TestServices(t *testing.T) {
	k := newFakeKernel(t)
	want := []Service{
		drService("192.0.2.1:80", "wrr", "192.0.2.10:80", "192.0.2.11:80"),
		drService("192.0.2.2:80", "rr"),
		{Key: NewMarkKey(7, INET6), Scheduler: "mh", Destinations: []Destination{{Addr: addrPort("[2001:db8::10]:0"), Forward: Tunnel}}},
	}
	for i := range want {
		want[i].PrefixLen = addressBits(want[i].Family)
	}
	k.table.fill(want)
	got, err := k.client().Services(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, equateAddrs()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

func TestCounters(t *testing.T) {
	k := newFakeKernel(t)
	service := drService("192.0.2.1:80", "wrr", "192.0.2.10:80")
	service.Destinations[0].Weight = 9
	k.table.fill([]Service{service, drService("192.0.2.2:80", "rr")})
	got, err := k.client().Counters(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stats := Stats{Connections: 1 << 34, ByteRateOut: 5}
	want := map[Key]ServiceCounters{
		key("192.0.2.1:80"): {stats, map[netip.AddrPort]Counters{
			addrPort("192.0.2.10:80"): {Active: 9, Stats: Stats{Connections: 1 << 33}},
		}},
		key("192.0.2.2:80"): {stats, map[netip.AddrPort]Counters{}},
	}
	if diff := cmp.Diff(want, got, equateAddrs()); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
}

// The kernel gives the family another number when the module is loaded again.
func TestServicesAfterModuleWasReloaded(t *testing.T) {
	k := newFakeKernel(t)
	c := k.client()
	k.family++
	k.table.fill([]Service{drService("192.0.2.1:80", "wrr")})
	services, err := c.Services(t.Context())
	if err != nil || len(services) != 1 {
		t.Errorf("%d services, error %v; want 1", len(services), err)
	}
	k.family = 0
	if _, err := c.Services(t.Context()); !errors.Is(err, ErrNoModule) {
		t.Errorf("without the module: error %v, want %v", err, ErrNoModule)
	}
}

func TestReadFailures(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		name    string
		ctx     context.Context
		prepare func(*fakeKernel)
		want    error
	}{
		{"lost answers", t.Context(), func(k *fakeKernel) { k.receives = unix.ENOBUFS }, ErrLostAnswer},
		{"no answer", t.Context(), func(k *fakeKernel) { k.receives = unix.EAGAIN }, ErrLostAnswer},
		{"socket error", t.Context(), func(k *fakeKernel) { k.receives = unix.EBADF }, unix.EBADF},
		{"no capability any more", t.Context(), func(k *fakeKernel) { k.denied = true }, os.ErrPermission},
		{"cancelled", cancelled, func(*fakeKernel) {}, context.Canceled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := newFakeKernel(t)
			k.table.fill([]Service{drService("192.0.2.1:80", "wrr", "192.0.2.10:80")})
			c := k.client()
			tt.prepare(k)
			if _, err := c.Services(tt.ctx); !errors.Is(err, tt.want) {
				t.Errorf("Services: error %v, want %v", err, tt.want)
			}
			tt.prepare(k)
			if _, err := c.Counters(tt.ctx); !errors.Is(err, tt.want) {
				t.Errorf("Counters: error %v, want %v", err, tt.want)
			}
			k.denied = false
			if s, err := c.Services(t.Context()); err != nil || len(s) != 1 {
				t.Errorf("afterwards: %d services, error %v; want 1", len(s), err)
			}
		})
	}
}

// Answers to a request that was given up do not count for the next one.
func TestLateAnswersAreIgnored(t *testing.T) {
	k := newFakeKernel(t)
	c := k.client()
	c.seq = 1<<32 - 2 // so that the numbers wrap around meanwhile
	for range 4 {
		k.acknowledge(message{seq: c.seq}, unix.NLMSG_ERROR, unix.EINVAL)
		if _, err := c.Services(t.Context()); err != nil {
			t.Errorf("sequence number %d: %v", c.seq, err)
		}
	}
}

func TestAnswersAreDiscardedAfterAFailure(t *testing.T) {
	k := newFakeKernel(t)
	c := k.client()
	k.table.fill(bigTable(3, 0))
	k.receives = unix.ENOBUFS
	if _, err := c.Services(t.Context()); err == nil || len(k.answers) != 0 {
		t.Errorf("error %v, %d answers left", err, len(k.answers))
	}
}

func TestMalformedAnswer(t *testing.T) {
	k := newFakeKernel(t)
	c := k.client()
	k.answers = [][]byte{{1, 2, 3}}
	if _, err := c.Services(t.Context()); !errors.Is(err, errTruncated) {
		t.Errorf("error %v, want %v", err, errTruncated)
	}
	k.answer(k.family, c.seq+1, func(w *writer) { w.string(attrDest, "no address") })
	if _, err := c.Services(t.Context()); !errors.Is(err, errMissing) {
		t.Errorf("error %v, want %v", err, errMissing)
	}
}

func TestClose(t *testing.T) {
	k := newFakeKernel(t)
	if err := k.client().Close(); err != nil || !k.closed {
		t.Errorf("Close: error %v, socket closed: %t", err, k.closed)
	}
}

// send fails like a closed socket.
type brokenConn struct{ *fakeKernel }

func (brokenConn) send([]byte) error { return unix.EBADF }

func TestSendFailure(t *testing.T) {
	k := newFakeKernel(t)
	c := k.client()
	c.conn = brokenConn{k}
	want := unix.EBADF
	if _, err := c.Services(t.Context()); !errors.Is(err, want) {
		t.Errorf("Services: error %v, want %v", err, want)
	}
	if err := c.Apply(t.Context(), []Change{DeleteService{key("192.0.2.1:80")}}); !errors.Is(err, want) {
		t.Errorf("Apply: error %v, want %v", err, want)
	}
}

// A dump is tried again while the last one has not ended.
func TestServicesWhileBusy(t *testing.T) {
	for busy, want := range map[int]error{0: nil, 2: nil, 3: unix.EBUSY} {
		k := newFakeKernel(t)
		k.table.fill([]Service{drService("192.0.2.1:80", "wrr")})
		c := k.client()
		k.busy = busy
		if _, err := c.Services(t.Context()); !errors.Is(err, want) {
			t.Errorf("busy %d times: error %v, want %v", busy, err, want)
		}
	}
}
