package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	model "github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/misc"
	"github.com/ldirector/ldirector/internal/config"
	"github.com/ldirector/ldirector/vrrp"
)

// An inside is what this program does as a child of its own, in a namespace: it
// is the director's engine, model and VRRP in one process, as in the daemon,
// with a kernel's table that is only remembered. So it runs on any kernel.
type inside struct {
	Config  string        // of the virtual servers; "" for no probes
	Mortal  string        // address of the real server that dies
	Scripts int           // that hang beside the probes
	Advert  time.Duration // interval of a VRRP master; 0 for none
	Wait    time.Duration // before anything is noted
	Note    time.Duration // from then to the end
}

// A noted is what it says at the end.
type noted struct {
	Adverts []time.Duration // how late each was
	Applied []int64         // when the table was changed for the mortal real server, in Unix nanoseconds
	Probes  uint64          // that were completed
	Late    uint64          // that began more than 100 ms late
	LateMax time.Duration
	Scripts int // that ran at the end
}

// run does it, and writes what was noted as JSON.
func (in inside) run() error {
	ctx, cancel := context.WithTimeout(context.Background(), in.Wait+in.Note)
	defer cancel()
	log := slog.New(slog.DiscardHandler)
	table := &rememberedTable{mortal: in.Mortal}
	adverts := &notedAdverts{interval: in.Advert, from: time.Now().Add(in.Wait), wake: make(chan struct{}, 1)}
	var d *model.Director
	engine := healthcheck.NewEngine(healthcheck.Config{}, func(u healthcheck.Update) { d.Report(u) }, log)
	cfg, err := in.config()
	if err != nil {
		return err
	}
	d = model.New(cfg, table, engine, table, nil, nil, log)
	var wg sync.WaitGroup
	wg.Go(func() { err = errors.Join(err, d.Run(ctx)) })
	wg.Go(func() { _ = engine.Run(ctx) }) // has no errors
	if in.Advert > 0 {
		router := vrrp.NewDriver(adverts, func(vrrp.Notice) {}, log)
		router.SetInterfaces(vrrp.Interfaces{"lo": {Index: 1, Up: true, Addresses: []netip.Addr{netip.MustParseAddr("10.0.0.254")}}})
		router.Set(vrrp.Set{Routers: []vrrp.Router{{Conn: adverts, Host: noHost{}, Config: vrrp.Config{Name: "bench", Interface: "lo", VRID: 1,
			Priority: 255, Version: 3, AdvertInterval: in.Advert, Addresses: []netip.Addr{netip.MustParseAddr("10.0.0.1")}}}}})
		wg.Go(func() { router.Run(ctx) })
	}
	time.Sleep(in.Wait)
	before := engine.Stats()
	time.Sleep(in.Note - 100*time.Millisecond)
	after := engine.Stats()
	wg.Wait()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(noted{
		Adverts: adverts.late, Applied: table.applied, Probes: after.Done - before.Done, Late: after.Late - before.Late,
		LateMax: after.LateMax, Scripts: after.Processes.InFlight,
	})
}

// config returns what the director is to do.
func (in inside) config() (model.Config, error) {
	if in.Config == "" {
		return model.Config{}, nil
	}
	loaded, diags := config.Load(in.Config, nil, nil)
	if diags.HasErrors() {
		return model.Config{}, diags
	}
	cfg := loaded.Director
	cfg.OnExit, cfg.Resync = model.KeepOnExit, time.Hour // the table cannot be read
	if in.Scripts == 0 {
		return cfg, nil
	}
	prober, err := misc.New(misc.Config{Command: []string{"/bin/sleep", "3600"}})
	if err != nil {
		return cfg, err
	}
	hanging := model.VirtualServer{Name: "hanging", Keys: []ipvs.Key{ipvs.NewKey(ipvs.TCP, netip.MustParseAddrPort("10.255.0.1:80"))}, Scheduler: "wrr"}
	for i := range in.Scripts {
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 168, byte(i >> 8), byte(i)}), 80)
		spec := healthcheck.Spec{Prober: prober, Target: healthcheck.Target{Addr: addr},
			Timing: healthcheck.Timing{Interval: 10 * time.Second, Timeout: 5 * time.Second, Retry: 1 << 20, Warmup: time.Millisecond}}
		hanging.RealServers = append(hanging.RealServers, model.RealServer{
			Destination: ipvs.Destination{Addr: addr, Forward: ipvs.DR, Weight: 1}, Checks: []healthcheck.Check{spec.Check()}})
	}
	cfg.VirtualServers = append(cfg.VirtualServers, hanging)
	return cfg, nil
}

// A rememberedTable is a table without a kernel, and the ledger for it.
type rememberedTable struct {
	mortal  string
	applied []int64
}

func (t *rememberedTable) Services(context.Context) ([]ipvs.Service, error) { return nil, nil }
func (t *rememberedTable) Load() ([]ipvs.Key, error)                        { return nil, nil }
func (t *rememberedTable) Save([]ipvs.Key) error                            { return nil }
func (t *rememberedTable) Counters(context.Context) (map[ipvs.Key]ipvs.ServiceCounters, error) {
	return nil, nil
}

// Apply notes when the mortal real server is removed.
func (t *rememberedTable) Apply(_ context.Context, changes []ipvs.Change) error {
	now := time.Now().UnixNano()
	if len(changes) == 1 && t.mortal != "" && strings.HasPrefix(fmt.Sprint(changes[0]), "delete real server "+t.mortal) {
		t.applied = append(t.applied, now)
	}
	return nil
}

// notedAdverts is the network of a VRRP router: it notes how late its
// advertisements are.
type notedAdverts struct {
	interval time.Duration
	from     time.Time
	wake     chan struct{}
	last     time.Time
	late     []time.Duration
}

func (a *notedAdverts) Attach(int, int) error { return nil }
func (a *notedAdverts) Close() error          { return nil }

// Wake implements vrrp.Network.
func (a *notedAdverts) Wake() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// Wait implements vrrp.Network.
func (a *notedAdverts) Wait(deadline time.Time) {
	var due <-chan time.Time
	if !deadline.IsZero() {
		due = time.After(time.Until(deadline))
	}
	select {
	case <-a.wake:
	case <-due:
	}
}

func (a *notedAdverts) Receive() (p vrrp.Packet, ok bool, err error) {
	return vrrp.Packet{}, false, nil
}

// Send notes the time since the advertisement before.
func (a *notedAdverts) Send([]byte, netip.Addr, netip.Addr) error {
	now := time.Now()
	if !a.last.IsZero() && now.After(a.from) {
		a.late = append(a.late, max(0, now.Sub(a.last)-a.interval))
	}
	a.last = now
	return nil
}

// noHost has no addresses.
type noHost struct{}

func (noHost) AddAddresses() error    { return nil }
func (noHost) RemoveAddresses() error { return nil }
func (noHost) Announce() error        { return nil }
func (noHost) Probe() error           { return nil }
func (noHost) Close() error           { return nil }
