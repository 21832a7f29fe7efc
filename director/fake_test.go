package director

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
)

// In tests a real server is a number n, 10.0.0.n:80, and the destinations of a
// service are written "1=1 2=5": servers 1 and 2 with weights 1 and 5. Number
// 9 is the sorry server.

func server(n int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(n)}), 80)
}

func destinations(text string) []ipvs.Destination {
	var list []ipvs.Destination
	for word := range strings.FieldsSeq(text) {
		n, weight, _ := strings.Cut(word, "=")
		list = append(list, ipvs.Destination{Addr: server(number(n)), Forward: ipvs.DR, Weight: uint32(number(weight))})
	}
	return list
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return n
}

func short(s ipvs.Service) string {
	var words []string
	for _, d := range s.Destinations {
		words = append(words, fmt.Sprintf("%d=%d", d.Addr.Addr().As4()[3], d.Weight))
	}
	return strings.Join(words, " ")
}

// key is service 192.0.2.n:80.
func key(n int) ipvs.Key {
	return ipvs.NewKey(ipvs.TCP, netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(n)}), 80))
}

// virtual returns service n with alpha and the real servers given.
func virtual(n int, servers string, edit ...func(*VirtualServer)) VirtualServer {
	v := VirtualServer{Name: fmt.Sprintf("web%d", n), Keys: []ipvs.Key{key(n)}, Scheduler: "wrr"}
	for _, d := range destinations(servers) {
		v.RealServers = append(v.RealServers, RealServer{Destination: d, Checks: []healthcheck.Check{check(d.Addr)}, Alpha: true})
	}
	for _, e := range edit {
		e(&v)
	}
	return v
}

// services returns a configuration with these virtual servers.
func services(v ...VirtualServer) Config { return Config{VirtualServers: v} }

func withSorry(v *VirtualServer)    { v.SorryServer = &destinations("9=1")[0] }
func withoutAlpha(v *VirtualServer) { withAlpha(false)(v) }
func withAlpha(on bool) func(*VirtualServer) {
	return func(v *VirtualServer) {
		for i := range v.RealServers {
			v.RealServers[i].Alpha = on
		}
	}
}
func withInhibit(v *VirtualServer) {
	for i := range v.RealServers {
		v.RealServers[i].InhibitOnFailure = true
	}
}
func withQuorum(n int) func(*VirtualServer) { return func(v *VirtualServer) { v.Quorum = n } }
func withHysteresis(n int) func(*VirtualServer) {
	return func(v *VirtualServer) { v.Hysteresis = n }
}
func withScheduler(name string) func(*VirtualServer) {
	return func(v *VirtualServer) { v.Scheduler = name }
}

// existing returns service n as the kernel has it.
func existing(n int, servers string) ipvs.Service {
	return ipvs.Service{Key: key(n), Scheduler: "wrr", PrefixLen: 32, Destinations: destinations(servers)}
}

type prober struct{ kind string }

func (prober) Probe(context.Context, healthcheck.Target, healthcheck.State) (healthcheck.Result, error) {
	return healthcheck.Result{}, nil
}
func (p prober) Kind() string { return p.kind }

func check(target netip.AddrPort) healthcheck.Check {
	return healthcheck.Spec{Prober: prober{"tcp_check"}, Target: healthcheck.Target{Addr: target}}.Check()
}

func up(c healthcheck.Check) healthcheck.Update {
	now := time.Now()
	return healthcheck.Update{Check: c, Status: healthcheck.Status{State: healthcheck.Up, Since: now, Last: now}}
}

func down(c healthcheck.Check) healthcheck.Update {
	now := time.Now()
	return healthcheck.Update{Check: c, Status: healthcheck.Status{State: healthcheck.Down, Since: now, Last: now, Reason: "connection refused"}}
}

// probes turns "1+ 2-" into results: server 1 up, server 2 down.
func probes(text string) []healthcheck.Update {
	var updates []healthcheck.Update
	for word := range strings.FieldsSeq(text) {
		n, good := strings.CutSuffix(word, "+")
		if good {
			updates = append(updates, up(check(server(number(n)))))
		} else {
			updates = append(updates, down(check(server(number(strings.TrimSuffix(n, "-"))))))
		}
	}
	return updates
}

// asResults is what the inbox makes of updates.
func asResults(updates ...healthcheck.Update) results {
	r := make(results)
	for _, u := range updates {
		r[u.Check] = u.Status
	}
	return r
}

// A fakeTable behaves as the kernel does, and fails on demand.
type fakeTable struct {
	mu       sync.Mutex
	services table
	readErr  error                   // of Services and Counters
	writeErr error                   // of Apply as a whole: nothing is done
	refuse   func(ipvs.Change) error // error of a single change; nil: none
	slow     time.Duration           // what Apply takes
	reads    []time.Time
	read     int // of them good ones
	writes   []time.Time
	changes  []string                                     // those done, in order
	watch    func(key ipvs.Key, before, now ipvs.Service) // called for each of them
	left     map[netip.AddrPort]uint32                    // active connections; nil: n to server n, and 10n inactive ones
	counted  int                                          // calls of Counters
	memory   []Overridden                                 // of the fakeMemory
	verdicts []Judged                                     // of it, too
}

func newFakeTable(services ...ipvs.Service) *fakeTable {
	t := &fakeTable{services: make(table)}
	for _, s := range services {
		t.services[s.Key] = s
	}
	return t
}

func (t *fakeTable) Services(context.Context) ([]ipvs.Service, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reads = append(t.reads, time.Now())
	if t.readErr != nil {
		return nil, t.readErr
	}
	t.read++
	services := slices.SortedFunc(maps.Values(t.services), func(a, b ipvs.Service) int { return a.Key.Compare(b.Key) })
	for i := range services {
		services[i].Destinations = slices.Clone(services[i].Destinations)
	}
	return services, nil
}

func (t *fakeTable) Apply(ctx context.Context, changes []ipvs.Change) error {
	t.mu.Lock()
	slow := t.slow
	t.mu.Unlock()
	if slow > 0 {
		select {
		case <-time.After(slow):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.writes = append(t.writes, time.Now())
	if t.writeErr != nil {
		return t.writeErr
	}
	var errs []error
	for _, c := range changes {
		if err := t.do(c); err != nil {
			errs = append(errs, &ipvs.ChangeError{Change: c, Err: err})
		}
	}
	return errors.Join(errs...)
}

func (t *fakeTable) do(c ipvs.Change) error {
	if t.refuse != nil {
		if err := t.refuse(c); err != nil {
			return err
		}
	}
	key := keyOf(c)
	before, there := t.services[key]
	if _, adds := c.(ipvs.AddService); adds == there {
		if adds {
			return syscall.EEXIST
		}
		return syscall.ESRCH
	}
	now, err := edited(before, c)
	if err != nil {
		return err
	}
	t.services[key] = now
	if _, deletes := c.(ipvs.DeleteService); deletes {
		delete(t.services, key)
	}
	t.changes = append(t.changes, c.String())
	if t.watch != nil {
		t.watch(key, before, now)
	}
	return nil
}

// edited returns the service after the change.
func edited(s ipvs.Service, c ipvs.Change) (ipvs.Service, error) {
	s.Destinations = slices.Clone(s.Destinations)
	find := func(addr netip.AddrPort) int {
		return slices.IndexFunc(s.Destinations, func(d ipvs.Destination) bool { return d.Addr == addr })
	}
	switch c := c.(type) {
	case ipvs.AddService:
		s = c.Service
		s.Destinations = nil
	case ipvs.UpdateService:
		kept := s.Destinations
		s = c.Service
		s.Destinations = kept
	case ipvs.DeleteService:
		s = ipvs.Service{}
	case ipvs.AddDestination:
		if find(c.Destination.Addr) >= 0 {
			return s, syscall.EEXIST
		}
		s.Destinations = append(s.Destinations, c.Destination)
		slices.SortFunc(s.Destinations, func(a, b ipvs.Destination) int { return a.Addr.Compare(b.Addr) })
	case ipvs.UpdateDestination:
		i := find(c.Destination.Addr)
		if i < 0 {
			return s, syscall.ENOENT
		}
		s.Destinations[i] = c.Destination
	case ipvs.DeleteDestination:
		i := find(c.Addr)
		if i < 0 {
			return s, syscall.ENOENT
		}
		s.Destinations = slices.Delete(s.Destinations, i, i+1)
	}
	return s, nil
}

func (t *fakeTable) Counters(context.Context) (map[ipvs.Key]ipvs.ServiceCounters, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counted++
	if t.readErr != nil {
		return nil, t.readErr
	}
	counters := make(map[ipvs.Key]ipvs.ServiceCounters)
	for key, s := range t.services {
		destinations := make(map[netip.AddrPort]ipvs.Counters)
		for _, d := range s.Destinations {
			n := uint32(d.Addr.Addr().As4()[3])
			destinations[d.Addr] = ipvs.Counters{Active: n, Inactive: 10 * n, Stats: ipvs.Stats{Connections: uint64(100 * n)}}
			if t.left != nil {
				destinations[d.Addr] = ipvs.Counters{Active: t.left[d.Addr]}
			}
		}
		counters[key] = ipvs.ServiceCounters{Stats: ipvs.Stats{Connections: 5000}, Destinations: destinations}
	}
	return counters, nil
}

// set changes how the table behaves, or what it has as another program would.
// The bubble's clock is no synchronization for the race detector.
func (t *fakeTable) set(edit func(*fakeTable)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	edit(t)
}

// destinations returns those of service n, "1=1 2=5".
func (t *fakeTable) destinations(n int) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return short(t.services[key(n)])
}

// String prints the table much as ipvsadm -Ln does.
func (t *fakeTable) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	for _, s := range slices.SortedFunc(maps.Values(t.services), func(a, b ipvs.Service) int { return a.Key.Compare(b.Key) }) {
		fmt.Fprintln(&b, s)
		for _, d := range s.Destinations {
			fmt.Fprintln(&b, "  ->", d)
		}
	}
	return b.String()
}

// log returns the changes done since the last call.
func (t *fakeTable) log() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	done := t.changes
	t.changes = nil
	return done
}

type fakeChecker struct{ checks []healthcheck.Check }

func (c *fakeChecker) Set(checks []healthcheck.Check) { c.checks = checks }

// A fakeLedger is a Ledger in memory, with the order of its saves noted in the
// table's list of changes.
type fakeLedger struct {
	keys    []ipvs.Key
	loadErr error
	saveErr error
	table   *fakeTable
}

func (l *fakeLedger) Load() ([]ipvs.Key, error) { return l.keys, l.loadErr }

func (l *fakeLedger) Save(keys []ipvs.Key) error {
	l.table.mu.Lock()
	defer l.table.mu.Unlock()
	if l.saveErr != nil {
		return l.saveErr
	}
	l.keys = keys
	l.table.changes = append(l.table.changes, fmt.Sprint("ledger ", keys))
	return nil
}

// A fakeMemory is a Memory that lives as long as a table.
type fakeMemory struct {
	table   *fakeTable
	saveErr error
	saves   int
}

func memoryIn(t *fakeTable) *fakeMemory { return &fakeMemory{table: t} }

func (m *fakeMemory) Load() ([]Overridden, error) { return m.table.memory, nil }

func (m *fakeMemory) Save(all []Overridden) error {
	m.table.mu.Lock()
	defer m.table.mu.Unlock()
	if m.saveErr != nil {
		return m.saveErr
	}
	m.saves++
	m.table.memory = all
	return nil
}

func (m *fakeMemory) TakeVerdicts() ([]Judged, error) {
	all := m.table.verdicts
	m.table.verdicts = nil
	return all, nil
}

func (m *fakeMemory) SaveVerdicts(all []Judged) error {
	m.table.verdicts = all
	return nil
}

// logBuffer collects log lines without their times.
func logBuffer(level slog.Level) (*slog.Logger, *bytes.Buffer) {
	var b bytes.Buffer
	return slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	})), &b
}

// equatable lets cmp compare statuses.
var equatable = cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{})

// quiet is for tests that do not look at the log.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// desired is the service as the kernel should have it under its first key.
func (s *service) desired() ipvs.Service {
	want := make(table)
	s.addTo(want)
	return want[s.cfg.Keys[0]]
}
