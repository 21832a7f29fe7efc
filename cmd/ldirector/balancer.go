package main

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"path/filepath"
	"sync"
	"time"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/internal/config"
	"github.com/ldirector/ldirector/internal/netif"
	"github.com/ldirector/ldirector/internal/plan"
	"github.com/ldirector/ldirector/internal/syncdaemon"
)

// Files in the state directory: which services are ours, and what operators and
// probes have said of real servers.
const (
	ledgerName    = "ipvs.json"
	overridesName = "overrides.json"
	verdictsName  = "verdicts.json"
)

// A balancer is the half of the daemon that has to do with IPVS.
type balancer struct {
	table    *ipvs.Client
	counters *counters
	engine   *healthcheck.Engine
	director *director.Director
	settings *settings
	sync     *syncdaemon.Controller
	watching bool     // the host's addresses
	tracked  []string // files that are watched
	untrack  func()   // ends that
}

// openBalancer opens what is needed to do cfg. It returns nil if there is
// nothing to do, now or left by an earlier run. The director begins with first,
// which is not cfg's in a reload, so that this can tell what it changes. events
// is called from the director's goroutine and must not block.
func openBalancer(cfg *config.Config, first director.Config, stateDir string, events func(director.Event), log *slog.Logger) (*balancer, error) {
	ledger := director.FileLedger{Path: filepath.Join(stateDir, ledgerName)}
	left, err := ledger.Load()
	if err != nil {
		return nil, err
	}
	if !needsIPVS(cfg) && len(left) == 0 {
		return nil, nil //nolint:nilnil // no balancer is no error
	}
	table, err := ipvs.NewClient()
	if err != nil {
		return nil, err
	}
	reader, err := ipvs.NewClient()
	if err != nil {
		return nil, errors.Join(err, table.Close())
	}
	b := &balancer{table: table, counters: &counters{kernel: reader}, settings: newSettings(table, stateDir, log), sync: syncdaemon.New(table, log), untrack: func() {}}
	b.engine = healthcheck.NewEngine(healthcheck.Config{}, func(u healthcheck.Update) { b.director.Report(u) }, log)
	memory := director.FileMemory{Path: filepath.Join(stateDir, overridesName), Verdicts: filepath.Join(stateDir, verdictsName)}
	b.director = director.New(first, table, b.engine, ledger, memory, events, log)
	return b, nil
}

// needsIPVS reports whether a configuration asks for anything of IPVS.
func needsIPVS(cfg *config.Config) bool {
	return len(cfg.Director.VirtualServers) > 0 || cfg.Director.Exclusive || cfg.IPVS.SyncDaemon != nil ||
		cfg.IPVS.Timeouts != ipvs.Timeouts{} || len(cfg.IPVS.Sysctl) > 0
}

// start makes the balancer work for the daemon.
func (b *balancer) start(d *daemon, cfg *config.Config) {
	b.follow(d, cfg)
	d.background.start("probes", b.engine.Run)
	d.background.start("sync daemon", b.sync.Run)
	d.table.start("director", func(ctx context.Context) error {
		err := b.director.Run(ctx)
		d.failed <- err
		return nil
	})
	d.table.start("kernel settings", func(ctx context.Context) error {
		return b.settings.run(ctx, cfg, b.director.Ready())
	})
}

// update makes the kernel what cfg wants in place of was, and returns what was
// different. The error says what is not done yet.
func (b *balancer) update(ctx context.Context, d *daemon, was, cfg *config.Config) (plan.Plan, error) {
	arguments, diffErr := b.settings.differences(ctx, cfg)
	daemons, daemonErr := syncChanges(ctx, b.table, cfg, was.IPVS.SyncDaemon != nil, d.routers.master)
	changes, err := b.director.Update(ctx, cfg.Director)
	if errors.Is(err, director.ErrStopped) {
		return plan.New(changes), err // and nobody sets anything any more
	}
	p := plan.New(changes)
	p.Settings = append(append(p.Settings, arguments...), daemons...)
	settingsErr := b.settings.set(ctx, cfg)
	b.follow(d, cfg)
	return p, errors.Join(err, diffErr, daemonErr, settingsErr)
}

// follow keeps up with what happens on the host besides the table.
func (b *balancer) follow(d *daemon, cfg *config.Config) {
	b.sync.SetKeep(cfg.Director.OnExit == director.KeepOnExit)
	b.sync.Set(cfg.IPVS.SyncDaemon)
	if s := cfg.IPVS.SyncDaemon; s != nil {
		d.routers.lead(s.VRRPInstance, b.sync.SetMaster)
	} else {
		d.routers.lead("", nil)
	}
	b.watchFiles(d, cfg.TrackFiles)
	for _, v := range cfg.Director.VirtualServers {
		if v.HASuspend && !b.watching {
			b.watching = true
			b.watchAddresses(d)
		}
	}
}

// watchAddresses tells the director which addresses this host has, now and
// whenever they change.
func (b *balancer) watchAddresses(d *daemon) {
	known := make(chan struct{})
	var once sync.Once
	d.background.start("address watch", func(ctx context.Context) error {
		netif.Addresses(ctx, func(all []netip.Addr) {
			b.director.SetAddresses(all)
			once.Do(func() { close(known) })
		}, d.log)
		return nil
	})
	select {
	case <-known: // before a probe is sent for an address that is elsewhere
	case <-time.After(time.Second):
	}
}

// keep makes everything stay in the kernel at the end, for the next daemon.
func (b *balancer) keep() {
	b.director.Keep()
	b.settings.keep.Store(true)
	b.sync.SetKeep(true)
}

// ready returns a channel that is closed when the table has been gone through
// once; without a balancer there is nothing to wait for.
func (b *balancer) ready() <-chan struct{} {
	if b == nil {
		now := make(chan struct{})
		close(now)
		return now
	}
	return b.director.Ready()
}

// close gives back what openBalancer opened.
func (b *balancer) close() error { return errors.Join(b.counters.kernel.Close(), b.table.Close()) }

// counted is the director's status with what the kernel counts; with an error it
// comes without.
func (b *balancer) counted(ctx context.Context) (director.Status, error) {
	now, err := b.counters.get(ctx)
	return b.director.Status().With(now), err
}
