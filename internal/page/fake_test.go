package page

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/api"
)

// A fake is a daemon with the state that a test gives it.
type fake struct {
	api.Daemon // nil: the page gives no commands
	events     *api.EventLog
	ahead      time.Duration // of its clock

	mu     sync.Mutex
	status api.Status
	probes []api.Probe
	asked  []string // whose probes were asked for last
}

func (d *fake) Status(context.Context) api.Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.status
}

func (d *fake) Health() error { return nil }

func (d *fake) Probes(_ context.Context, virtual, real string) []api.Probe {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = []string{virtual, real}
	return d.probes
}

// askedOf returns whose probes were asked for last.
func (d *fake) askedOf() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.asked
}

// change changes the state, as a daemon's does: to another value, for answers
// hold on to the old one.
func (d *fake) change(to func(*api.Status)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	st := d.status
	st.VRRPInstances = append([]api.VRRPInstance{}, st.VRRPInstances...)
	st.VirtualServers = make([]api.VirtualServer, len(d.status.VirtualServers))
	for i, v := range d.status.VirtualServers {
		v.RealServers = append([]api.RealServer{}, v.RealServers...)
		st.VirtualServers[i] = v
	}
	to(&st)
	d.status = st
}

// newFake returns a daemon in a state.
func newFake(st api.Status) *fake {
	return &fake{events: api.NewEventLog(time.Now()), status: st}
}

// A site is where a fake daemon answers.
type site struct {
	daemon *fake
	token  string
	addr   string
	stop   func()
}

// handler is what the daemon's TCP listener answers with.
func (d *fake) handler(token string) http.Handler {
	s := api.NewServer(d, d.events, slog.New(slog.DiscardHandler))
	s.Mount("/{$}", Handler())
	s.Mount(Prefix, Handler())
	h := api.Protect(s.ReadOnly(), token, Paths()...)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(d.ahead).UTC().Format(http.TimeFormat))
		h.ServeHTTP(w, r)
	})
}

// serve answers for d on a port of loopback until the test ends.
func serve(t testing.TB, d *fake, token string) *site {
	t.Helper()
	s := &site{daemon: d, token: token, addr: "127.0.0.1:0"}
	s.start(t)
	t.Cleanup(func() { s.stop() })
	return s
}

// start answers at the address of the site, which it had before.
func (s *site) start(t testing.TB) {
	t.Helper()
	l, err := net.Listen("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	s.addr = l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	var served sync.WaitGroup
	served.Go(func() {
		if err := api.Serve(ctx, l, s.daemon.handler(s.token), nil, slog.New(slog.DiscardHandler)); err != nil {
			t.Error(err)
		}
	})
	s.stop = sync.OnceFunc(func() {
		cancel()
		served.Wait()
	})
}

func (s *site) url() string { return "http://" + s.addr + "/" }

// someServices is a director as there are many: most is well, something is not.
func someServices(now time.Time) api.Status {
	before := func(d time.Duration) *time.Time { t := now.Add(-d); return &t }
	traffic := func(n uint64) *api.Traffic {
		return &api.Traffic{Connections: n, PacketsIn: n * 11, PacketsOut: n * 14, BytesIn: n * 9_300, BytesOut: n * 81_000}
	}
	past := func(n uint64) *api.Traffic { // the kernel does not see answers
		return &api.Traffic{Connections: n, PacketsIn: n * 3, BytesIn: n * 210}
	}
	real := func(addr, method string, n uint64) api.RealServer {
		rates, totals := traffic(n), traffic(n*90_000)
		if method == "DR" {
			rates, totals = past(n), past(n*90_000)
		}
		return api.RealServer{
			Address: addr, Method: method, State: "up", Health: "up", Weight: 10, ConfiguredWeight: 10, EffectiveWeight: 10,
			Since: before(26 * time.Hour), LastProbe: before(2 * time.Second), Active: uint32(n * 3), Inactive: uint32(n * 17), Rates: rates, Totals: totals,
		}
	}
	web := api.VirtualServer{
		Name: "web", Address: "192.0.2.100:443", Protocol: "TCP", Services: []string{"TCP 192.0.2.100:443", "TCP [2001:db8::100]:443"},
		Scheduler: "wlc", Quorum: 1, LiveWeight: 35, QuorumUp: true, Changed: before(time.Hour), Rates: traffic(162), Totals: traffic(9_000_000),
		RealServers: []api.RealServer{real("10.0.1.31:443", "NAT", 58), real("10.0.1.32:443", "NAT", 61), real("10.0.1.33:443", "NAT", 43), real("10.0.1.34:443", "NAT", 0)},
	}
	web.RealServers[2].Warning = "http_get: the certificate expires in 12 days"
	web.RealServers[2].Weight = 5
	web.RealServers[2].Override = &api.Override{Command: "weight", Weight: new(uint32(5)), Since: before(3 * time.Hour)}
	down := &web.RealServers[3]
	down.State, down.Health, down.Weight, down.Active, down.Inactive, down.Since = "down", "down", 0, 0, 0, before(4*time.Minute)
	down.Reason, down.Rates, down.Totals = "http_get: HTTP status 503 in place of 200-299", nil, nil
	dns := api.VirtualServer{
		Name: "dns", Address: "192.0.2.53:53", Protocol: "UDP", Services: []string{"UDP 192.0.2.53:53", "TCP 192.0.2.53:53"},
		Scheduler: "mh", Quorum: 2, LiveWeight: 30, QuorumUp: true, Rates: past(1840), Totals: past(90_000_000),
		RealServers: []api.RealServer{real("10.0.2.11:53", "DR", 613), real("10.0.2.12:53", "DR", 640), real("10.0.2.13:53", "DR", 587)},
	}
	mail := api.VirtualServer{
		Name: "mail", Address: "192.0.2.25:25", Protocol: "TCP", Services: []string{"TCP 192.0.2.25:25"},
		Scheduler: "rr", Quorum: 1, SorryActive: true, Rates: past(2), Totals: past(100_000),
		RealServers: []api.RealServer{real("10.0.3.21:25", "DR", 0), real("10.0.3.22:25", "DR", 0)},
	}
	mail.RealServers[0].State, mail.RealServers[0].Weight, mail.RealServers[0].Active, mail.RealServers[0].Inactive = "drained", 0, 14, 3
	mail.RealServers[0].Override = &api.Override{Command: "drain", Since: before(5 * time.Minute), Until: before(-5 * time.Minute)}
	mail.RealServers[1].State, mail.RealServers[1].Health, mail.RealServers[1].Weight, mail.RealServers[1].Reason = "down", "down", 0, "smtp_check: connection refused"
	mail.RealServers[1].Since, mail.RealServers[1].Rates = before(40*time.Second), nil
	return api.Status{
		RouterID: "LVS_DEVEL", Version: "v1.0.0",
		Configuration:  api.Configuration{Path: "/etc/ldirector", Loaded: before(time.Hour), Hash: "5f3d0c9be1a7428c66"},
		Table:          api.Table{Synced: before(time.Second), Settings: "net.ipv4.vs.conntrack: permission denied"},
		VirtualServers: []api.VirtualServer{web, dns, mail},
		VRRPInstances: []api.VRRPInstance{
			{Name: "VI_1", State: "MASTER", Interface: "eth0", VRID: 51, Version: 3, Priority: 100, Source: "192.0.2.2", Master: "192.0.2.2", Since: before(50 * time.Hour), Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.100"), netip.MustParseAddr("192.0.2.53")}, Faults: []string{}, Conflicts: []string{}},
			{Name: "VI_2", State: "BACKUP", Interface: "eth1", VRID: 52, Version: 2, Priority: 90, Source: "198.51.100.2", Master: "198.51.100.3", Since: before(50 * time.Hour), Addresses: []netip.Addr{netip.MustParseAddr("198.51.100.100")}, Faults: []string{}, Conflicts: []string{"198.51.100.4 is not heard: bad_auth"}, Released: true},
		},
		VRRPGroups: []api.VRRPGroup{}, ForeignRouters: []api.ForeignRouter{}, SyncDaemon: api.SyncDaemon{Roles: []string{}},
	}
}

// someProbes are those of a real server that fails now and then.
func someProbes(now time.Time) []api.Probe {
	var history []api.ProbeResult
	for i := range 60 {
		r := api.ProbeResult{Time: now.Add(time.Duration(i-60) * 6 * time.Second).Round(10 * time.Millisecond), Result: "passed", DurationSeconds: 0.0008 + float64(i*7%13)/4000}
		switch {
		case i == 12:
			r.Result, r.DurationSeconds, r.Reason = "failed", 3, "timed out after 3s"
		case i == 30:
			r.Result, r.Reason = "local", "no descriptor is left: local trouble"
		case i > 48:
			r.Result, r.Reason, r.DurationSeconds = "failed", "HTTP status 503 in place of 200-299", 0.004
		}
		history = append(history, r)
	}
	tcp := api.Probe{Kind: "tcp_check", State: "up", Since: &history[0].Time, Last: &now}
	for _, r := range history[20:] {
		tcp.History = append(tcp.History, api.ProbeResult{Time: r.Time, Result: "passed", DurationSeconds: r.DurationSeconds / 6})
	}
	return []api.Probe{{Kind: "http_get", State: "down", Reason: "HTTP status 503 in place of 200-299", Since: &history[49].Time, Last: &now, History: history}, tcp}
}

// manyServers are n real servers in services of 1,000 at most.
func manyServers(n int, now time.Time) api.Status {
	st := someServices(now)
	st.VirtualServers = nil
	for i := range n {
		if i%1000 == 0 {
			name := fmt.Sprintf("farm%d", i/1000)
			st.VirtualServers = append(st.VirtualServers, api.VirtualServer{
				Name: name, Services: []string{fmt.Sprintf("TCP 192.0.2.%d:80", 100+i/1000)}, Scheduler: "wlc", Quorum: 1, LiveWeight: 1000, QuorumUp: true, Rates: new(api.Traffic),
			})
		}
		v := &st.VirtualServers[i/1000]
		r := api.RealServer{
			Address: fmt.Sprintf("10.%d.%d.%d:80", i/65536, i/256%256, i%256), Method: "NAT", State: "up", Health: "up", Weight: 1, ConfiguredWeight: 1, EffectiveWeight: 1,
			Since: &now, LastProbe: &now, Rates: new(api.Traffic), Totals: new(api.Traffic),
		}
		if i%97 == 0 {
			r.State, r.Health, r.Weight, r.Reason = "down", "down", 0, "tcp_check: connection refused"
		}
		v.RealServers = append(v.RealServers, r)
	}
	return st
}

// busy makes every number of the state another one.
func busy(st *api.Status, turn uint64) {
	for i := range st.VirtualServers {
		v := &st.VirtualServers[i]
		sum := api.Traffic{}
		for j := range v.RealServers {
			r := &v.RealServers[j]
			if r.State != "up" {
				continue
			}
			n := (uint64(i*31+j*17) + turn*13) % 50
			r.Active, r.Inactive = uint32(n*5), uint32(n*31)
			r.Rates = &api.Traffic{Connections: n, BytesIn: n * 1234, BytesOut: n * 43210}
			sum.Connections += n
			sum.BytesIn += r.Rates.BytesIn
			sum.BytesOut += r.Rates.BytesOut
		}
		v.Rates = &sum
	}
}
