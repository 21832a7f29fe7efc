package guardian

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/ldirector/ldirector/internal/netif"
	"github.com/ldirector/ldirector/vrrp"
)

// An Engine runs virtual routers with all that they need of the host.
type Engine struct {
	system system
	driver *vrrp.Driver
	log    *slog.Logger
	before *predecessor // until the first Commit; nil: none

	known    knownInterfaces
	suspects chan struct{} // has room for one: something may be missing on the host
	ended    chan struct{} // closed when everything has come to its end

	mu      sync.Mutex // held while setups change
	current Setup
	hosts   map[string]vrrp.Host // of current, by name
	next    *prepared
	ending  ending

	unplaced string // last error of mending, "" for none
}

// An ending is how an Engine comes to its end.
type ending uint8

const (
	running   ending = iota
	abandoned        // static objects stay for the next run
	stopped          // nothing is left on the host
	left             // all is left to another engine
)

// prepared is a Setup that waits for its Commit.
type prepared struct {
	setup Setup
	conns map[string]vrrp.Conn // of routers that are new or have changed, by name
}

// close closes what was opened for it.
func (p *prepared) close() error {
	var errs []error
	for _, conn := range p.conns {
		errs = append(errs, conn.Close())
	}
	return errors.Join(errs...)
}

// startEngine starts an engine on this host. It is the caller's to Stop.
func startEngine(o Options, before *predecessor) (*Engine, error) {
	s, err := openLinux(o.StateDir, o.Log)
	if err != nil {
		return nil, err
	}
	e := newEngine(s, o.Notify, o.Log)
	e.before = before
	go e.run()
	return e, nil
}

func newEngine(s system, notify func(vrrp.Notice), log *slog.Logger) *Engine {
	e := &Engine{
		system:   s,
		log:      log,
		known:    knownInterfaces{changed: make(chan struct{})},
		suspects: make(chan struct{}, 1),
		ended:    make(chan struct{}),
		hosts:    make(map[string]vrrp.Host),
	}
	e.driver = vrrp.NewDriver(s, func(n vrrp.Notice) {
		if n.To == vrrp.Master {
			e.suspect() // what is there now is what can be lost
		}
		notify(n)
	}, log)
	return e
}

// run works until Stop, leave, or after Abandon the end of the last router.
func (e *Engine) run() {
	defer close(e.ended)
	ctx, cancel := context.WithCancel(context.Background())
	var watches sync.WaitGroup
	watches.Go(func() {
		e.system.Watch(ctx, func(all vrrp.Interfaces) {
			e.driver.SetInterfaces(all)
			e.known.set(all)
		}, e.driver.Claimed, e.suspect)
	})
	watches.Go(func() { e.mend(ctx) })
	e.drive(ctx)
	cancel()
	watches.Wait()
	e.clean()
	if err := e.system.Close(); err != nil {
		e.log.Warn("VRRP sockets not closed", "err", err)
	}
}

// drive runs the driver on a thread of its own that goes before others. The
// thread ends with it.
func (e *Engine) drive(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		switch err := e.system.RaisePriority(); {
		case errors.Is(err, os.ErrPermission):
			e.log.Info("VRRP has the priority of all others", "err", err)
		case err != nil:
			e.log.Warn("VRRP has the priority of all others", "err", err)
		}
		e.driver.Run(ctx)
	}()
	<-done
}

// clean takes off the host what does not belong to masters.
func (e *Engine) clean() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ending == running {
		panic("guardian: impossible end of the driver")
	}
	if e.ending == left {
		return
	}
	if err := e.system.Ensure(nil); err != nil {
		e.log.Error("virtual MAC interfaces and sysctls not restored", "err", err)
	}
	if e.ending == abandoned {
		return
	}
	if _, err := e.system.SetStatic(netif.StaticSet{}); err != nil {
		e.log.Error("static addresses, routes and rules not removed", "err", err)
	}
}

// end says how the engine ends, once. What was prepared is given up.
func (e *Engine) end(how ending) bool {
	e.Discard()
	e.before.close()
	e.mu.Lock()
	defer e.mu.Unlock()
	stops := e.ending == abandoned && how != abandoned
	if e.ending != running && !stops {
		return false
	}
	e.ending = how
	return true
}

// Stop implements Service.
func (e *Engine) Stop(ctx context.Context) error {
	if e.end(stopped) {
		e.driver.Stop()
	}
	select {
	case <-e.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Leave implements Service: without a process of its own VRRP ends with the daemon.
func (e *Engine) Leave(ctx context.Context, _ time.Duration) error { return e.Stop(ctx) }

// Abandon makes all masters hand over, but keep their addresses for as long as
// nobody takes over. Then the engine ends.
func (e *Engine) Abandon() {
	if e.end(abandoned) {
		e.driver.Abandon()
	}
}

// leave ends the engine at once and leaves the host as it is, for another engine
// to go on with.
func (e *Engine) leave(ctx context.Context) (legacy, error) {
	if !e.end(left) {
		return legacy{}, errEnded
	}
	state, err := e.driver.Leave(ctx)
	e.mu.Lock()
	defer e.mu.Unlock()
	l := legacy{Hosts: e.current.masters(), State: state}
	for _, r := range state.Routers {
		if r.State == vrrp.Master {
			l.Masters = append(l.Masters, r.Name)
		}
	}
	return l, err
}

// SetTracks implements Service.
func (e *Engine) SetTracks(tracks ...vrrp.Track) { e.driver.SetTracks(tracks...) }

// Status implements Service.
func (e *Engine) Status(ctx context.Context) (vrrp.Report, error) { return e.driver.Status(ctx) }

// Release implements Service.
func (e *Engine) Release(ctx context.Context, name string) error { return e.driver.Release(ctx, name) }

// Preempt implements Service.
func (e *Engine) Preempt(ctx context.Context, name string) error { return e.driver.Preempt(ctx, name) }

// SetPriority implements Service.
func (e *Engine) SetPriority(ctx context.Context, name string, priority uint8) error {
	return e.driver.SetPriority(ctx, name, priority)
}
