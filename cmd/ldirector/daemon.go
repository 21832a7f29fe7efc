package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	systemd "github.com/coreos/go-systemd/v22/daemon"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/config"
	"github.com/ldirector/ldirector/internal/netif"
	"github.com/ldirector/ldirector/internal/notify"
)

// A place is where a daemon finds its configuration and keeps its files.
type place struct {
	config   string // path, for messages
	stateDir string
	socket   string
	// read reads the configuration again; a *api.ConfigError says what is wrong
	// with it.
	read func() (*config.Config, error)
}

// A daemon is a running director: every part of it, and nothing else, is
// known here.
type daemon struct {
	place    place
	log      *slog.Logger
	level    *slog.LevelVar
	listener net.Listener
	notifier *notify.Notifier
	routers  *routers
	reloads  chan request
	ended    chan struct{} // closed when run takes no more requests
	current  atomic.Pointer[current]
	settle   func(*config.Config) // called when the daemon is ready, see relaxCollector

	background *tasks // what stops last
	table      *tasks // the director
	failed     chan error

	// balancer belongs to the goroutine in run. It is nil while there is
	// nothing to do with IPVS, now or left by an earlier run.
	balancer *balancer
	first    []*router // to be started by run
}

// current is what the daemon does at a moment. It is never changed.
type current struct {
	cfg      *config.Config
	loaded   time.Time
	refused  string // why a later configuration is not the current one
	balancer *balancer
}

// newDaemon opens what the daemon needs. It changes nothing on the host but
// the socket, so that an error leaves everything as it was.
func newDaemon(cfg *config.Config, at place, log *slog.Logger, level *slog.LevelVar) (_ *daemon, err error) {
	notifier := notify.New(notify.Config{User: cfg.Global.ScriptUser}, log)
	d := &daemon{
		place:    at,
		log:      log,
		level:    level,
		notifier: notifier,
		routers:  newRouters(notifier, log),
		reloads:  make(chan request),
		ended:    make(chan struct{}),
		failed:   make(chan error, 1),
		settle:   func(*config.Config) {},
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	if d.balancer, err = openBalancer(cfg, cfg.Director, at.stateDir, d.heard, log); err != nil {
		return nil, err
	}
	if d.first, err = d.routers.open(cfg.VRRP); err != nil {
		return nil, err
	}
	d.current.Store(&current{cfg: cfg, loaded: time.Now(), balancer: d.balancer})
	d.listener, err = api.Listen(at.socket)
	return d, err
}

// close gives back what newDaemon opened and run did not.
func (d *daemon) close() error {
	err := stopAll(d.first)
	if d.balancer != nil {
		err = errors.Join(err, d.balancer.close())
	}
	return err
}

// run works until ctx is done, or until the director cannot start. Then the
// parts leave in the order that hurts clients least: first the virtual
// addresses, so that the other director takes over, then the services behind
// them, then the rest.
func (d *daemon) run(ctx context.Context, tell func(state string)) error {
	d.background, d.table = newTasks(ctx, d.log), newTasks(ctx, d.log)
	d.background.start("notify scripts", d.notifier.Run)
	d.background.start("API", func(ctx context.Context) error {
		return api.NewServer(d, d.log).Run(ctx, d.listener)
	})
	d.background.start("link watch", func(ctx context.Context) error {
		return netif.Links(ctx, d.routers.linkChanged, d.log)
	})
	cfg := d.current.Load().cfg
	initTrackFiles(cfg.TrackFiles, d.log)
	if d.balancer != nil {
		d.balancer.start(d, cfg)
	}
	routersErr := d.routers.replace(ctx, d.first, cfg.VRRP)
	d.first = nil

	err := d.serve(ctx, tell)
	tell(systemd.SdNotifyStopping)
	close(d.ended)
	d.log.Info("ldirector stops")
	routersErr = errors.Join(routersErr, d.routers.stop())
	d.table.stop()
	select {
	case err = <-d.failed:
	default:
	}
	d.background.stop()
	return errors.Join(err, routersErr, d.close())
}

// serve answers requests until ctx is done or the director fails. It says that
// the daemon is ready when the table has been gone through once.
func (d *daemon) serve(ctx context.Context, tell func(state string)) error {
	ready := d.balancer.ready()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-d.failed:
			return err
		case <-ready:
			tell(systemd.SdNotifyReady)
			ready = nil
			d.settle(d.current.Load().cfg)
		case r := <-d.reloads:
			settle := relaxCollector()
			reload, cancel := context.WithTimeout(r.ctx, reloadTimeout)
			stop := context.AfterFunc(ctx, cancel) // a reload that waits for the kernel must not hold up the end
			r.reply <- d.reload(reload, tell)
			stop()
			cancel()
			settle(d.current.Load().cfg)
		}
	}
}

// heard runs the command that the configuration has for an event. The commands
// of one real server run in order, and so do those of one quorum.
func (d *daemon) heard(e director.Event) {
	if len(e.Command) == 0 {
		return
	}
	object := e.VirtualServer
	if e.RealServer.IsValid() {
		object += " " + e.RealServer.String()
	}
	d.notifier.Send(notify.Event{Object: object, Command: e.Command})
}
