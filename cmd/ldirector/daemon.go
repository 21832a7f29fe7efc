package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"path/filepath"

	systemd "github.com/coreos/go-systemd/v22/daemon"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/config"
	"github.com/ldirector/ldirector/internal/netif"
	"github.com/ldirector/ldirector/internal/notify"
)

const ledgerName = "ipvs.json"

// A daemon is a running director: every part of it, and nothing else, is
// known here.
type daemon struct {
	cfg      *config.Config
	log      *slog.Logger
	listener net.Listener
	notifier *notify.Notifier
	routers  []*router

	// Without virtual servers, now or left by an earlier run, IPVS is not
	// touched and these are nil.
	table    *ipvs.Client
	engine   *healthcheck.Engine
	director *director.Director
}

// newDaemon opens what the daemon needs. It changes nothing on the host but
// the socket, so that an error leaves everything as it was.
func newDaemon(cfg *config.Config, stateDir, socket string, log *slog.Logger) (_ *daemon, err error) {
	d := &daemon{
		cfg:      cfg,
		log:      log,
		notifier: notify.New(notify.Config{User: cfg.Global.ScriptUser}, log),
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	if err := d.openTable(director.FileLedger{Path: filepath.Join(stateDir, ledgerName)}); err != nil {
		return nil, err
	}
	for _, v := range cfg.VRRP {
		r, err := newRouter(v, d.notifier, log)
		if err != nil {
			return nil, err
		}
		d.routers = append(d.routers, r)
	}
	d.listener, err = api.Listen(socket)
	return d, err
}

// openTable prepares director and probes, if there is anything for them.
func (d *daemon) openTable(ledger director.FileLedger) error {
	left, err := ledger.Load()
	if err != nil {
		return err
	}
	if len(d.cfg.Director.VirtualServers) == 0 && len(left) == 0 {
		return nil
	}
	if d.table, err = ipvs.NewClient(); err != nil {
		return err
	}
	d.engine = healthcheck.NewEngine(healthcheck.Config{}, func(u healthcheck.Update) { d.director.Report(u) }, d.log)
	d.director = director.New(d.cfg.Director, d.table, d.engine, ledger, nil, d.log)
	return nil
}

// close gives back what newDaemon opened.
func (d *daemon) close() error {
	var errs []error
	for _, r := range d.routers {
		errs = append(errs, r.close())
	}
	if d.table != nil {
		errs = append(errs, d.table.Close())
	}
	return errors.Join(errs...)
}

// run works until ctx is done, or until the director cannot start. Then the
// parts leave in the order that hurts clients least: first the virtual
// addresses, so that the other director takes over, then the services behind
// them, then the rest.
func (d *daemon) run(ctx context.Context, tell func(state string)) error {
	background, table, routers := newTasks(ctx, d.log), newTasks(ctx, d.log), newTasks(ctx, d.log)
	background.start("notify scripts", d.notifier.Run)
	background.start("API", func(ctx context.Context) error {
		return api.NewServer(d.status, d.log).Run(ctx, d.listener)
	})
	failed := make(chan error, 1)
	if d.director != nil {
		background.start("probes", d.engine.Run)
		table.start("director", func(ctx context.Context) error {
			err := d.director.Run(ctx)
			failed <- err
			return nil
		})
	}
	if len(d.routers) > 0 {
		background.start("link watch", d.watchLinks)
	}
	for _, r := range d.routers {
		routers.start("VRRP "+r.cfg.Name, r.instance.Run)
	}
	tell(systemd.SdNotifyReady)

	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	tell(systemd.SdNotifyStopping)
	d.log.Info("ldirector stops")
	routers.stop()
	table.stop()
	select {
	case err = <-failed:
	default:
	}
	background.stop()
	return errors.Join(err, d.close())
}

// watchLinks tells every instance of links that go up or down.
func (d *daemon) watchLinks(ctx context.Context) error {
	return netif.Links(ctx, func(name string, up bool) {
		for _, r := range d.routers {
			r.instance.LinkChanged(name, up)
		}
	}, d.log)
}
