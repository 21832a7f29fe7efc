package guardian

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/internal/netif"
	"github.com/ldirector/ldirector/vrrp"
)

// A fakeSystem is a host with eth0 that writes down what is done on it.
type fakeSystem struct {
	woken chan struct{}

	mu         sync.Mutex
	events     []string
	refuse     string // router whose connection cannot be opened
	missing    []string
	vmacs      map[string]bool
	interfaces func(vrrp.Interfaces)
	removed    func()
	lost       []string // by any master
}

func newFakeSystem() *fakeSystem {
	return &fakeSystem{woken: make(chan struct{}, 1), vmacs: make(map[string]bool)}
}

func (f *fakeSystem) did(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.events = append(f.events, fmt.Sprintf(format, args...))
}

// take returns what was done since the last time.
func (f *fakeSystem) take() string {
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	events := f.events
	f.events = nil
	return strings.Join(events, "\n")
}

func (f *fakeSystem) Wait(deadline time.Time) {
	var timer <-chan time.Time
	if !deadline.IsZero() {
		timer = time.After(time.Until(deadline))
	}
	select {
	case <-f.woken:
	case <-timer:
	}
}

func (f *fakeSystem) Wake() {
	select {
	case f.woken <- struct{}{}:
	default:
	}
}

func (f *fakeSystem) Receive() (vrrp.Packet, bool, error) { return vrrp.Packet{}, false, nil }

func (f *fakeSystem) Open(cfg vrrp.Config) (vrrp.Conn, error) {
	if cfg.Name == f.refuse {
		return nil, errors.New("no socket")
	}
	f.did("open %s", cfg.Name)
	return &fakeConn{f, cfg.Name}, nil
}

func (f *fakeSystem) NewHost(m netif.Master, previous vrrp.Host) vrrp.Host {
	if previous != nil {
		f.did("new host of %s in place of another", m.Name)
	}
	return &fakeHost{f, m.Name}
}

func (f *fakeSystem) Watch(ctx context.Context, interfaces func(vrrp.Interfaces), _ func(vrrp.Claim), removed func()) {
	f.mu.Lock()
	f.interfaces, f.removed = interfaces, removed
	f.mu.Unlock()
	f.report()
	<-ctx.Done()
}

// report tells of the interfaces there are.
func (f *fakeSystem) report() {
	f.mu.Lock()
	all := vrrp.Interfaces{"eth0": {Index: 2, Up: true, Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}}
	for name := range f.vmacs {
		all[name] = vrrp.Interface{Index: 100, Up: true}
	}
	report := f.interfaces
	f.mu.Unlock()
	report(all)
}

func (f *fakeSystem) WatchClaims(map[string][]netip.Addr) {}

func (f *fakeSystem) Ensure(masters []netif.Master) error {
	names := namesOfVMACs(masters)
	f.did("ensure %v", names)
	f.mu.Lock()
	clear(f.vmacs)
	for _, name := range names {
		f.vmacs[name] = true
	}
	f.mu.Unlock()
	f.report()
	return nil
}

func (f *fakeSystem) SetStatic(set netif.StaticSet) ([]string, error) {
	f.did("static %d", len(set.Addresses))
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.missing, nil
}

func (f *fakeSystem) Missing(netif.Master) ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lost, nil
}

func (f *fakeSystem) RaisePriority() error { return nil }

func (f *fakeSystem) Close() error {
	f.did("close")
	return nil
}

type fakeConn struct {
	system *fakeSystem
	name   string
}

func (c *fakeConn) Attach(int, int) error { return nil }

func (c *fakeConn) Send(payload []byte, _, _ netip.Addr) error {
	c.system.did("%s advertises %d", c.name, payload[2])
	return nil
}

func (c *fakeConn) Close() error {
	c.system.did("close connection of %s", c.name)
	return nil
}

type fakeHost struct {
	system *fakeSystem
	name   string
}

func (h *fakeHost) AddAddresses() error {
	h.system.did("add addresses of %s", h.name)
	return nil
}

func (h *fakeHost) RemoveAddresses() error {
	h.system.did("remove addresses of %s", h.name)
	return nil
}

func (h *fakeHost) Announce() error { return nil }
func (h *fakeHost) Probe() error    { return nil }
func (h *fakeHost) Close() error    { return nil }

// startFake starts an engine in a bubble.
func startFake(t *testing.T, notify func(vrrp.Notice)) (*Engine, *fakeSystem) {
	f := newFakeSystem()
	e := newEngine(f, notify, slog.New(slog.DiscardHandler))
	go e.run()
	return e, f
}

func quiet(vrrp.Notice) {}

// named returns a router that is called name.
func named(name string, priority uint8) Router {
	r := router(priority, time.Second)
	r.Config.Name, r.Master.Name = name, name
	r.Config.VRID = name[0]
	return r
}

// load puts a setup in force.
func load(t *testing.T, s Service, setup Setup) {
	t.Helper()
	if err := s.Prepare(t.Context(), setup); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// expect compares what was done since the last time, in any order and number:
// connections, hosts and macvlans have goroutines of their own.
func (f *fakeSystem) expect(t *testing.T, want ...string) {
	t.Helper()
	got := strings.Split(f.take(), "\n")
	slices.Sort(got)
	slices.Sort(want)
	got, want = slices.Compact(got), slices.Compact(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestPrepareChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, f := startFake(t, quiet)
		setup := Setup{Routers: []Router{named("a", 200), named("b", 200)}}
		f.refuse = "b"
		if err := e.Prepare(t.Context(), setup); err == nil || !strings.Contains(err.Error(), `"b": no socket`) {
			t.Errorf("got the error %v", err)
		}
		f.expect(t, "open a", "close connection of a")
		if err := e.Commit(t.Context()); !errors.Is(err, errUnprepared) {
			t.Errorf("got the error %v", err)
		}
		f.refuse = ""
		if err := e.Prepare(t.Context(), setup); err != nil {
			t.Error(err)
		}
		e.Discard()
		f.expect(t, "open a", "open b", "close connection of a", "close connection of b")
		if err := e.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		f.expect(t, "ensure []", "static 0", "close")
		if err := e.Prepare(t.Context(), setup); !errors.Is(err, errEnded) {
			t.Errorf("got the error %v", err)
		}
	})
}

func TestCommitLeavesRoutersAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, f := startFake(t, quiet)
		load(t, e, Setup{Routers: []Router{named("a", 255), named("b", 255)}})
		f.take()
		changed := named("b", 255)
		changed.Config.GARP.Repeat++
		load(t, e, Setup{Routers: []Router{named("a", 255), changed}})
		f.expect(t,
			"open b", "ensure []", "static 0", "new host of b in place of another",
			"close connection of b", "b advertises 255", "ensure []", "add addresses of b")

		other := changed
		other.Config.VRID++ // another virtual router by the same name
		load(t, e, Setup{Routers: []Router{named("a", 255), other}})
		events := f.take()
		for _, want := range []string{"b advertises 0", "remove addresses of b", "b advertises 255"} {
			if !strings.Contains(events, want) {
				t.Errorf("%q is missing:\n%s", want, events)
			}
		}
		if strings.Contains(events, "in place of") {
			t.Errorf("the host of another router was taken over:\n%s", events)
		}
		if err := e.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// Macvlans stay until the router that uses them has handed over, and Commit waits
// for that as long as its context allows.
func TestRemovedRouterKeepsItsMacvlanToTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, f := startFake(t, quiet)
		r := named("a", 255)
		r.Master.VMAC = &netif.VMAC{Name: "vrrp.51", Base: "eth0"}
		r.Config.Transmit = "vrrp.51"
		load(t, e, Setup{Routers: []Router{r}})
		f.expect(t, "open a", "ensure [vrrp.51]", "static 0", "a advertises 255", "ensure [vrrp.51]", "add addresses of a")

		if err := e.Prepare(t.Context(), Setup{}); err != nil {
			t.Fatal(err)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := e.Commit(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got the error %v", err)
		}
		f.expect(t, "ensure [vrrp.51]", "static 0", "a advertises 0")
		time.Sleep(5 * time.Second)
		if events := f.take(); !strings.HasSuffix(events, "\nensure []") {
			t.Errorf("got\n%s", events)
		}
		if err := e.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestMacvlanIsMadeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, f := startFake(t, quiet)
		r := named("a", 255)
		r.Master.VMAC = &netif.VMAC{Name: "vrrp.51", Base: "eth0"}
		load(t, e, Setup{Routers: []Router{r}})
		f.take()
		f.mu.Lock()
		clear(f.vmacs)
		f.mu.Unlock()
		f.report()
		time.Sleep(mendPause)
		f.expect(t, "ensure [vrrp.51]")
		if err := e.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestLostStaticObjectIsAFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		states := make(chan vrrp.State, 10)
		e, f := startFake(t, func(n vrrp.Notice) { states <- n.To })
		f.missing = []string{"uplink"}
		setup := Setup{
			Routers:     []Router{named("a", 200)},
			Static:      netif.StaticSet{Addresses: []netif.Address{{TrackGroup: "uplink"}}},
			TrackGroups: map[string][]string{"uplink": {"a"}},
		}
		load(t, e, setup)
		if s := <-states; s != vrrp.Fault {
			t.Errorf("state %v", s)
		}
		f.mu.Lock()
		f.missing = nil
		f.mu.Unlock()
		f.removed()
		if s := <-states; s != vrrp.Backup {
			t.Errorf("state %v", s)
		}
		if err := e.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestMasterMissesItsRoutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, f := startFake(t, quiet)
		r := named("a", 255)
		r.Master.Routes = []netif.Route{{Table: 1}}
		f.lost = []string{"it has not been there yet"}
		load(t, e, Setup{Routers: []Router{r}})
		f.take()
		lose := func(lost ...string) {
			f.mu.Lock()
			f.lost = lost
			f.mu.Unlock()
			f.removed()
			time.Sleep(mendPause)
		}
		lose("still not")
		f.expect(t, "")
		lose()
		f.expect(t, "")
		lose("now it is lost")
		f.expect(t, "add addresses of a")
		lose()
		if err := e.Release(t.Context(), "a"); err != nil {
			t.Error(err)
		}
		lose("as it should be")
		f.expect(t, "a advertises 0")
		if err := e.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestLeaveTouchesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, f := startFake(t, quiet)
		load(t, e, Setup{Routers: []Router{named("a", 255), named("b", 100)}})
		synctest.Wait()
		e.Abandon()
		synctest.Wait()
		f.take()
		l, err := e.leave(t.Context())
		if err != nil || !slices.Equal(l.Masters, []string{"a"}) || len(l.Hosts) != 2 {
			t.Errorf("got %v, %v", l, err)
		}
		<-e.ended
		f.expect(t, "close")

		// Another engine goes on.
		next, f := startFake(t, quiet)
		if err := next.Prepare(t.Context(), Setup{Routers: []Router{named("a", 200), named("c", 100)}}); err != nil {
			t.Fatal(err)
		}
		if err := next.commit(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		f.expect(t, "open a", "open c", "ensure []", "static 0", "new host of a in place of another",
			"remove addresses of b", "a advertises 200", "ensure []", "add addresses of a")
		if err := next.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestAbandonEndsWithTheLastMaster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, f := startFake(t, quiet)
		load(t, e, Setup{Routers: []Router{named("a", 255), named("b", 100)}})
		f.take()
		e.Abandon()
		time.Sleep(time.Hour)
		if events := f.take(); strings.Contains(events, "remove addresses of a") || !strings.Contains(events, "a advertises 0") {
			t.Errorf("got\n%s", events)
		}
		if err := e.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		if events := f.take(); !strings.Contains(events, "remove addresses of a") {
			t.Errorf("got\n%s", events)
		}
	})
}
