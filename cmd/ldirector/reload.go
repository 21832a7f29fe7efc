package main

import (
	"context"
	"errors"
	"reflect"
	"time"

	systemd "github.com/coreos/go-systemd/v22/daemon"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/config"
	"github.com/ldirector/ldirector/internal/plan"
)

// reloadTimeout bounds the wait for a kernel that does not let the director
// work, which SIGHUP would wait for without end.
const reloadTimeout = 2 * time.Minute

// errStopping refuses a reload.
var errStopping = errors.New("the daemon is stopping")

// A request asks the daemon's goroutine for a reload, or for what one would do.
type request struct {
	ctx   context.Context
	plan  bool
	reply chan outcome // has room for one
}

// An outcome is the answer to a request.
type outcome struct {
	done api.Reload
	err  error
}

// Reload makes the daemon read its configuration and do what is different. It
// may be called from any goroutine.
func (d *daemon) Reload(ctx context.Context) (api.Reload, error) {
	return d.ask(request{ctx: ctx, reply: make(chan outcome, 1)})
}

// Plan makes the daemon read its configuration and say what is different. It may
// be called from any goroutine.
func (d *daemon) Plan(ctx context.Context) (plan.Plan, error) {
	done, err := d.ask(request{ctx: ctx, plan: true, reply: make(chan outcome, 1)})
	return done.Plan, err
}

// ask waits for the answer to a request.
func (d *daemon) ask(r request) (api.Reload, error) {
	select {
	case d.reloads <- r:
	case <-r.ctx.Done():
		return api.Reload{}, r.ctx.Err()
	case <-d.ended:
		return api.Reload{}, errStopping
	}
	o := <-r.reply
	return o.done, o.err
}

// hangup is Reload for a signal: the outcome is in the log already.
func (d *daemon) hangup(ctx context.Context) {
	if _, err := d.Reload(ctx); errors.Is(err, errStopping) {
		d.log.Debug("SIGHUP ignored", "err", err)
	}
}

// answer does what a request asks for.
func (d *daemon) answer(ctx context.Context, r request, tell func(state string)) outcome {
	if r.plan {
		p, err := d.plan(ctx)
		return outcome{api.Reload{Plan: p}, err}
	}
	return d.reload(ctx, tell)
}

// plan is the work of a Plan.
func (d *daemon) plan(ctx context.Context) (plan.Plan, error) {
	cfg, err := d.place.read()
	if err != nil {
		return plan.Plan{}, err
	}
	if d.balancer == nil && !needsIPVS(cfg) {
		return plan.New(director.Plan{}), nil
	}
	return makePlan(ctx, cfg, d.place.stateDir, d.Status(ctx))
}

// reload is the work of a Reload. Everything that can fail for good comes
// before the first change, so that a configuration is taken over as a whole or
// not at all.
func (d *daemon) reload(ctx context.Context, tell func(state string)) outcome {
	tell(systemd.SdNotifyReloading + "\n" + systemd.SdNotifyMonotonicUsec())
	defer tell(systemd.SdNotifyReady)
	done, err := d.tryReload(ctx)
	if err != nil {
		was := *d.current.Load()
		was.refused = err.Error()
		d.current.Store(&was)
		d.events.Add(reloadEvent(done, err))
		d.log.Error("configuration refused, the old one stays", "config", d.place.config, "err", err)
		return outcome{err: err}
	}
	d.events.Add(reloadEvent(done, nil))
	n := done.Plan.Count()
	d.log.Info("configuration loaded", "config", d.place.config, "added", n.Create, "changed", n.Update, "removed", n.Delete)
	for _, text := range done.Problems {
		d.log.Error("configuration not completely in force yet", "err", text)
	}
	return outcome{done: done}
}

func (d *daemon) tryReload(ctx context.Context) (api.Reload, error) {
	cfg, err := d.place.read()
	if err != nil {
		return api.Reload{}, err
	}
	was := d.current.Load().cfg
	restart := needRestart(was, cfg)
	if err := d.routers.open(ctx, &cfg.VRRP); err != nil {
		return api.Reload{}, err
	}
	fresh := false
	if d.balancer == nil {
		if d.balancer, err = openBalancer(cfg, was.Director, d.place.stateDir, d.heard, d.log); err != nil {
			d.routers.drop()
			return api.Reload{}, err
		}
		fresh = d.balancer != nil
	}

	done := api.Reload{Plan: plan.New(director.Plan{}), Problems: []string{}, Restart: restart}
	d.level.Set(cfg.Global.Log.Level)
	d.alerts.Set(cfg.Alerts)
	d.web.set(cfg.Global.HTTP)
	d.current.Store(&current{cfg: cfg, loaded: time.Now(), balancer: d.balancer})
	problem := func(err error) {
		if err != nil {
			done.Problems = append(done.Problems, err.Error())
		}
	}
	if d.balancer != nil {
		if fresh {
			d.balancer.start(d, was)
		}
		var err error
		done.Plan, err = d.balancer.update(ctx, d, was, cfg)
		problem(err)
	}
	done.Plan.VRRPInstances = d.routers.compare()
	d.tracker.Set(tracked(cfg))
	d.news.set(&cfg.VRRP)
	problem(d.routers.replace(ctx))
	return done, nil
}

// needRestart names the arguments that are read at the start only and differ.
func needRestart(was, now *config.Config) []string {
	names := []string{}
	for _, a := range []struct {
		name    string
		changed bool
	}{
		{"global.router_id", was.Global.RouterID != now.Global.RouterID},
		{"global.script_user", was.Global.ScriptUser != now.Global.ScriptUser},
		{"global.log.format", was.Global.Log.Format != now.Global.Log.Format},
		{"global.api.listen", was.Global.API != now.Global.API},
		{"global.api.group", was.Global.APIGroup != now.Global.APIGroup},
		{"global.guardian", was.VRRP.Guardian != now.VRRP.Guardian},
		{"global.notify_fifo", !reflect.DeepEqual(was.VRRP.FIFO, now.VRRP.FIFO)},
	} {
		if a.changed {
			names = append(names, a.name)
		}
	}
	return names
}
