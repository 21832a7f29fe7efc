package syncdaemon

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
)

// A Kernel runs sync daemons; [ipvs.Client] is one.
type Kernel interface {
	SyncDaemons(ctx context.Context) ([]ipvs.SyncDaemon, error)
	StartSyncDaemon(ctx context.Context, d ipvs.SyncDaemon) error
	StopSyncDaemon(ctx context.Context, r ipvs.SyncRole) error // none runs: no error
}

const (
	firstRetry  = time.Second
	lastRetry   = 30 * time.Second // after doubling
	recheck     = time.Minute      // when all is well
	exitTimeout = 5 * time.Second  // for the daemons to stop at the end
)

// A Controller keeps the daemons of a network namespace as they should be.
// While it has no configuration, and never had one, it touches none.
type Controller struct {
	kernel Kernel
	log    *slog.Logger
	wake   chan struct{} // there is a new wish
	status atomic.Pointer[Status]

	mu   sync.Mutex
	wish wish
}

// A wish is what the others want of the controller.
type wish struct {
	cfg    *Config
	master bool
	keep   bool
}

// A Status is what a controller has achieved.
type Status struct {
	Want    []ipvs.SyncDaemon // that should run
	Running []ipvs.SyncDaemon // that ran at the last look; unknown without a configuration
	Err     error             // why not all is as it should be; it is tried again
	Since   time.Time         // of the last change of the others
}

// New returns a controller without a configuration, which does nothing before
// Run.
func New(kernel Kernel, log *slog.Logger) *Controller {
	c := &Controller{kernel: kernel, log: log, wake: make(chan struct{}, 1)}
	c.status.Store(&Status{})
	return c
}

// Set gives the controller another configuration, which must not be changed
// afterwards; nil: no daemons. It does not block.
func (c *Controller) Set(cfg *Config) { c.want(func(w *wish) { w.cfg = cfg }) }

// SetMaster says whether the VRRP instance of the configuration is Master; at
// first it is not. It does not block.
func (c *Controller) SetMaster(master bool) { c.want(func(w *wish) { w.master = master }) }

// SetKeep says whether the daemons go on when Run ends; at first they do not. It
// does not block.
func (c *Controller) SetKeep(keep bool) { c.want(func(w *wish) { w.keep = keep }) }

func (c *Controller) want(change func(*wish)) {
	c.mu.Lock()
	change(&c.wish)
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default: // it will see this wish, too
	}
}

func (c *Controller) wished() wish {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wish
}

// Status returns what was achieved at the last look. Its slices must not be
// changed.
func (c *Controller) Status() Status { return *c.status.Load() }

// Run does what is wished until ctx is done, then stops the daemons and returns
// nil. It may be called once.
func (c *Controller) Run(ctx context.Context) error {
	o := owner{kernel: c.kernel, log: c.log, retry: firstRetry}
	timer := time.NewTimer(recheck)
	defer timer.Stop()
	for ctx.Err() == nil {
		w := c.wished()
		status := o.pass(ctx, w)
		if ctx.Err() == nil {
			c.publish(status)
		}
		timer.Reset(o.pause(status.Err))
		select {
		case <-ctx.Done():
		case <-c.wake:
			o.retry = firstRetry
		case <-timer.C:
		}
	}
	if c.wished().keep {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), exitTimeout)
	defer cancel()
	status := o.pass(ctx, wish{})
	c.publish(status)
	return status.Err
}

func (c *Controller) publish(s Status) {
	s.Since = time.Now()
	if last := c.status.Load(); s.same(*last) && !last.Since.IsZero() {
		s.Since = last.Since
	}
	c.status.Store(&s)
}

func (s Status) same(o Status) bool {
	return slices.Equal(s.Want, o.Want) && slices.Equal(s.Running, o.Running) && errorText(s.Err) == errorText(o.Err)
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// An owner is what the goroutine of Run knows.
type owner struct {
	kernel Kernel
	log    *slog.Logger
	owns   bool // daemons may run that we started or adopted
	retry  time.Duration
	told   string // the error that was logged last
}

// pause returns the time until the next look, and doubles the one after that as
// long as there are errors.
func (o *owner) pause(err error) time.Duration {
	if err == nil {
		o.retry = firstRetry
		return recheck
	}
	pause := o.retry
	o.retry = min(2*o.retry, lastRetry)
	return pause
}

// pass reads what runs and changes what differs.
func (o *owner) pass(ctx context.Context, w wish) Status {
	if w.cfg == nil && !o.owns {
		return Status{}
	}
	status := Status{Want: Desired(w.cfg, w.master)}
	status.Running, status.Err = o.kernel.SyncDaemons(ctx)
	if status.Err == nil {
		o.owns = true
		if changes := Diff(status.Running, status.Want); len(changes) > 0 {
			status.Running, status.Err = o.do(ctx, changes)
		}
	}
	if status.Err == nil && w.cfg == nil {
		o.owns = false
	}
	o.tell(ctx, status.Err)
	return status
}

// do carries the changes out and returns what runs then. It goes on after an
// error: the changes do not depend on each other.
func (o *owner) do(ctx context.Context, changes []Change) ([]ipvs.SyncDaemon, error) {
	var errs []error
	for _, c := range changes {
		err := o.change(ctx, c)
		if err == nil {
			o.log.Info("sync daemon changed", "change", c.String())
		}
		errs = append(errs, err)
	}
	running, err := o.kernel.SyncDaemons(ctx)
	return running, errors.Join(append(errs, err)...)
}

func (o *owner) change(ctx context.Context, c Change) error {
	if c.Have != nil {
		if err := o.kernel.StopSyncDaemon(ctx, c.Have.Role); err != nil {
			return err
		}
	}
	if c.Want != nil {
		return o.kernel.StartSyncDaemon(ctx, *c.Want)
	}
	return nil
}

// tell logs an error that is new, and that there is none any more.
func (o *owner) tell(ctx context.Context, err error) {
	text := errorText(err)
	if text == o.told || ctx.Err() != nil {
		return
	}
	o.told = text
	if err != nil {
		o.log.Error("sync daemons are not as they should be, trying again", "err", err)
		return
	}
	o.log.Info("sync daemons are as they should be")
}
