package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"sync/atomic"
	"time"

	systemd "github.com/coreos/go-systemd/v22/daemon"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/internal/alert"
	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/config"
	"github.com/ldirector/ldirector/internal/metrics"
	"github.com/ldirector/ldirector/internal/notify"
	"github.com/ldirector/ldirector/internal/page"
	"github.com/ldirector/ldirector/internal/track"
)

// handOverMost is more than the longest handover takes: three intervals of
// 255 s.
const handOverMost = 15 * time.Minute

// leaveMost bounds the wait for a VRRP process that should answer at once.
const leaveMost = 5 * time.Second

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
	server   *api.Server
	events   *api.EventLog
	web      *webListener
	news     *news
	alerts   *alert.Dispatcher
	routers  *routers
	tracker  *track.Tracker
	reloads  chan request
	leaves   <-chan os.Signal // asks to leave everything to the next daemon; nil: nobody does
	ended    chan struct{}    // closed when run takes no more requests
	current  atomic.Pointer[current]
	settle   func(*config.Config) // called when the daemon is ready, see relaxCollector
	watchdog time.Duration        // the service manager restarts a daemon that is silent for so long; 0: it does not

	background *tasks // what stops last
	table      *tasks // the director
	failed     chan error

	// balancer belongs to the goroutine in run. It is nil while there is
	// nothing to do with IPVS, now or left by an earlier run.
	balancer *balancer
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
func newDaemon(ctx context.Context, cfg *config.Config, at place, log *slog.Logger, level *slog.LevelVar) (_ *daemon, err error) {
	events := api.NewEventLog(time.Now())
	news := newNews(notify.New(notify.Config{User: cfg.Global.ScriptUser}, log), events, log)
	d := &daemon{
		place:   at,
		log:     log,
		level:   level,
		events:  events,
		news:    news,
		routers: newRouters(at.stateDir, news, log),
		reloads: make(chan request),
		ended:   make(chan struct{}),
		failed:  make(chan error, 1),
		settle:  func(*config.Config) {},
	}
	d.alerts = alert.New(d.services, log)
	events.Tell(d.alerts.Send)
	d.server = api.NewServer(d, events, log)
	d.server.Mount("/metrics", metrics.NewHandler(d.metrics, log))
	files := page.Handler()
	d.server.Mount("/{$}", files)
	d.server.Mount(page.Prefix, files)
	// The routes are taken from here on: what is mounted comes before.
	d.web = newWebListener(d.server.ReadOnly(), log)
	d.tracker = track.New(d.routers.setTracks, log)
	defer func() {
		if err != nil {
			err = errors.Join(err, d.routers.stop(ctx), d.close())
		}
	}()
	if d.balancer, err = openBalancer(cfg, cfg.Director, at.stateDir, d.heard, log); err != nil {
		return nil, err
	}
	if err := news.open(cfg.VRRP.FIFO, cfg.Global.ScriptUser); err != nil {
		return nil, err
	}
	d.current.Store(&current{cfg: cfg, loaded: time.Now(), balancer: d.balancer})
	if d.listener, err = api.Listen(at.socket, cfg.Global.APIGroup); err != nil {
		return nil, err
	}
	return d, d.routers.open(ctx, &cfg.VRRP)
}

// close gives back what newDaemon opened and run did not.
func (d *daemon) close() error {
	err := d.news.close()
	if d.balancer != nil {
		err = errors.Join(err, d.balancer.close())
	}
	return err
}

// run works until ctx is done, or until the director cannot start. Then the
// parts leave in the order that hurts clients least: first the virtual
// addresses, so that the other director takes over, then the services behind
// them, then the rest. A daemon that is asked to leave ends, too, but what it has
// on the host stays for the next one.
func (d *daemon) run(ctx context.Context, tell func(state string)) error {
	d.background, d.table = newTasks(ctx, d.log), newTasks(ctx, d.log)
	d.news.start(d.background)
	d.background.start("alerts", d.alerts.Run)
	d.background.start("API", func(ctx context.Context) error {
		return d.server.Run(ctx, d.listener)
	})
	d.background.start("HTTP listener", d.web.run)
	d.background.start("trackers", d.tracker.Run)
	cfg := d.current.Load().cfg
	d.alerts.Set(cfg.Alerts)
	d.web.set(cfg.Global.HTTP)
	d.events.Add(api.Event{Kind: "started", Text: "ldirector " + version + " starts"})
	initTrackFiles(cfg.TrackFiles, d.log)
	d.tracker.Set(tracked(cfg))
	d.news.set(&cfg.VRRP)
	routersErr := d.routers.replace(ctx) // first: it may go on where a crashed daemon was
	if d.balancer != nil {
		d.balancer.start(d, cfg)
	}

	leaving, err := d.serve(ctx, tell)
	tell(systemd.SdNotifyStopping)
	close(d.ended)
	if leaving {
		routersErr = errors.Join(routersErr, d.leave(ctx))
	} else {
		d.log.Info("ldirector stops")
		routersErr = errors.Join(routersErr, d.stopRouters(ctx))
	}
	d.table.stop()
	select {
	case err = <-d.failed:
	default:
	}
	d.background.stop()
	return errors.Join(err, routersErr, d.close())
}

// serve answers requests until ctx is done or the director fails. It says that
// the daemon is ready when the table has been gone through once. Leaving tells that
// somebody has asked for that before ctx was done.
func (d *daemon) serve(ctx context.Context, tell func(state string)) (leaving bool, err error) {
	ready := d.balancer.ready()
	var beats <-chan time.Time
	if d.watchdog > 0 {
		beat := time.NewTicker(d.watchdog / 3)
		defer beat.Stop()
		beats = beat.C
	}
	for {
		select {
		case <-ctx.Done():
			return len(d.leaves) > 0, nil // both may have come during a reload
		case <-d.leaves:
			return true, nil
		case err := <-d.failed:
			return false, err
		case <-ready:
			tell(systemd.SdNotifyReady)
			ready = nil
			d.settle(d.current.Load().cfg)
		case <-beats:
			tell(systemd.SdNotifyWatchdog)
		case r := <-d.reloads:
			if d.watchdog > 0 {
				tell(systemd.SdNotifyWatchdog) // nothing more while it loads
			}
			settle := relaxCollector()
			reload, cancel := context.WithTimeout(r.ctx, reloadTimeout)
			stop := context.AfterFunc(ctx, cancel) // a reload that waits for the kernel must not hold up the end
			r.reply <- d.answer(reload, r, tell)
			stop()
			cancel()
			settle(d.current.Load().cfg)
		}
	}
}

// leave makes the end of the daemon one that nobody notices if the next one comes
// soon.
func (d *daemon) leave(ctx context.Context) error {
	d.log.Info("ldirector leaves everything to the next one")
	if d.balancer != nil {
		d.balancer.keep()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveMost)
	defer cancel()
	return d.routers.leave(ctx)
}

// stopRouters makes the virtual routers hand over. A process of them that hangs
// is left to itself after a while.
func (d *daemon) stopRouters(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), handOverMost)
	defer cancel()
	return d.routers.stop(ctx)
}

// heard takes in the news of the director.
func (d *daemon) heard(e director.Event) {
	switch e.Kind {
	case director.QuorumGained:
		d.tracker.SetVirtualServer(e.VirtualServer, true)
	case director.QuorumLost, director.QuorumMissing:
		d.tracker.SetVirtualServer(e.VirtualServer, false)
	default:
	}
	d.news.event(e)
}
