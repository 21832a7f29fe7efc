package main

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"sync"
	"time"

	"github.com/ldirector/ldirector/internal/config"
	"github.com/ldirector/ldirector/internal/guardian"
	"github.com/ldirector/ldirector/internal/plan"
	"github.com/ldirector/ldirector/vrrp"
)

// guardianName is the hidden command that runs VRRP in a process of its own.
const guardianName = "guardian"

// guardianStart bounds the start of that process.
const guardianStart = 10 * time.Second

// successorLimit is how long VRRP waits for the next daemon when this one leaves:
// more than it takes to start, even with a large configuration. Without a daemon
// nobody probes the services behind the addresses.
const successorLimit = 30 * time.Second

// statusMost bounds the wait for a VRRP process that should answer at once.
const statusMost = 2 * time.Second

// errSilent is why nothing is known of virtual routers.
var errSilent = errors.New("the VRRP process does not answer")

// errNoVRRP refuses commands for virtual routers where there are none.
var errNoVRRP = errors.New("the configuration has no vrrp_instance")

// routers are the virtual routers of the daemon. open, replace, drop and stop
// belong to one goroutine.
type routers struct {
	stateDir string
	news     *news
	log      *slog.Logger
	started  time.Time

	prepared bool // open has been called, and neither replace nor drop

	mu       sync.Mutex
	service  guardian.Service // nil until there is something to do
	setup    guardian.Setup   // in force
	states   map[string]vrrp.State
	follow   string // the instance whose master role is told to leading
	leading  func(master bool)
	starting guardian.Setup // prepared
}

func newRouters(stateDir string, news *news, log *slog.Logger) *routers {
	return &routers{stateDir: stateDir, news: news, log: log, started: time.Now(), states: make(map[string]vrrp.State)}
}

// open does all that may fail of making the configuration's virtual routers
// run, and changes none. It is followed by replace or drop.
func (rs *routers) open(ctx context.Context, cfg *config.VRRP) error {
	setup := rs.newSetup(cfg)
	service := rs.running()
	if service == nil {
		if !rs.needed(setup) {
			return nil
		}
		var err error
		if service, err = rs.start(ctx, cfg.Guardian); err != nil {
			return err
		}
	}
	if err := service.Prepare(ctx, setup); err != nil {
		return err
	}
	rs.starting, rs.prepared = setup, true
	return nil
}

// needed reports whether there is something to do, for the configuration or
// with what the VRRP process of a crashed daemon holds.
func (rs *routers) needed(s guardian.Setup) bool {
	if len(s.Routers)+len(s.Static.Addresses)+len(s.Static.Routes)+len(s.Static.Rules) > 0 {
		return true
	}
	return guardian.Left(rs.stateDir)
}

// start starts VRRP, in a process of its own or in this one.
func (rs *routers) start(ctx context.Context, apart bool) (guardian.Service, error) {
	o := guardian.Options{StateDir: rs.stateDir, Notify: rs.notice, Log: rs.log}
	if apart {
		o.Command = []string{"ldirector", guardianName, "--state-dir", rs.stateDir}
	}
	ctx, cancel := context.WithTimeout(ctx, guardianStart)
	defer cancel()
	service, err := guardian.Start(ctx, o)
	if err != nil {
		return nil, err
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.service = service
	return service, nil
}

// running returns the service, nil if there is none.
func (rs *routers) running() guardian.Service {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return rs.service
}

// newSetup is what a configuration asks of VRRP.
func (rs *routers) newSetup(cfg *config.VRRP) guardian.Setup {
	s := guardian.Setup{Static: cfg.Static, TrackGroups: cfg.TrackGroups, NotBefore: rs.started.Add(cfg.StartupDelay)}
	if up, err := uptime(); err == nil {
		if boot := time.Now().Add(cfg.DelayAfterBoot - up); boot.After(s.NotBefore) {
			s.NotBefore = boot
		}
	}
	for _, i := range cfg.Instances {
		s.Routers = append(s.Routers, guardian.Router{Config: i.Config, Master: i.Master})
	}
	for _, g := range cfg.Groups {
		s.Groups = append(s.Groups, g.GroupConfig)
	}
	return s
}

// compare says how what open has prepared differs from what runs.
func (rs *routers) compare() []plan.Instance {
	changes := []plan.Instance{}
	if !rs.prepared {
		return changes
	}
	old := make(map[string]guardian.Router)
	for _, r := range rs.setup.Routers {
		old[r.Config.Name] = r
	}
	for _, r := range rs.starting.Routers {
		was, there := old[r.Config.Name]
		delete(old, r.Config.Name)
		switch {
		case !there:
			changes = append(changes, plan.Instance{Action: plan.Create, Name: r.Config.Name})
		case !reflect.DeepEqual(was, r):
			changes = append(changes, plan.Instance{Action: plan.Update, Name: r.Config.Name})
		}
	}
	for _, r := range rs.setup.Routers {
		if _, gone := old[r.Config.Name]; gone {
			changes = append(changes, plan.Instance{Action: plan.Delete, Name: r.Config.Name})
		}
	}
	return changes
}

// replace makes what open has prepared so. It returns when the virtual routers
// that are missing have handed over.
func (rs *routers) replace(ctx context.Context) error {
	if !rs.prepared {
		return nil
	}
	err := rs.running().Commit(ctx)
	rs.setup, rs.prepared = rs.starting, false
	return errors.Join(err, rs.look(ctx))
}

// look takes in the states as they are: notices come a moment later, and a master
// that goes on as one must not count as none until then.
func (rs *routers) look(ctx context.Context) error {
	report, err := rs.running().Status(ctx)
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for _, r := range report.Routers {
		rs.states[r.Name] = r.State
	}
	return err
}

// drop gives up what open has prepared.
func (rs *routers) drop() {
	if rs.prepared {
		rs.running().Discard()
		rs.prepared = false
	}
}

// stop makes all virtual routers hand over and ends VRRP.
func (rs *routers) stop(ctx context.Context) error {
	service := rs.running()
	if service == nil {
		return nil
	}
	return service.Stop(ctx)
}

// leave lets VRRP go on without this daemon until the next one comes.
func (rs *routers) leave(ctx context.Context) error {
	service := rs.running()
	if service == nil {
		return nil
	}
	return service.Leave(ctx, successorLimit)
}

// setTracks says what is known of trackers. Nothing is tracked before there is a
// service.
func (rs *routers) setTracks(tracks []vrrp.Track) {
	if service := rs.running(); service != nil {
		service.SetTracks(tracks...)
	}
}

// status returns a snapshot, and why there is none.
func (rs *routers) status(ctx context.Context) (vrrp.Report, error) {
	service := rs.running()
	if service == nil {
		return vrrp.Report{}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, statusMost)
	defer cancel()
	report, err := service.Status(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = errSilent
	}
	return report, err
}

// command does something with the service.
func (rs *routers) command(do func(guardian.Service) error) error {
	service := rs.running()
	if service == nil {
		return errNoVRRP
	}
	return do(service)
}

// lead makes leading hear whether the instance of that name is master, now and
// after every transition; with "" it hears nothing. leading must not block.
func (rs *routers) lead(instance string, leading func(master bool)) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.follow, rs.leading = instance, leading
	rs.tell()
}

// master reports whether the instance of that name is.
func (rs *routers) master(name string) bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return rs.states[name] == vrrp.Master
}

// notice takes in the news of VRRP.
func (rs *routers) notice(n vrrp.Notice) {
	if n.Kind == vrrp.StateChanged && !n.Group {
		rs.moved(n)
	}
	rs.news.notice(n)
}

// moved takes in a transition of an instance.
func (rs *routers) moved(n vrrp.Notice) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.states[n.Name] = n.To
	if n.Name == rs.follow {
		rs.tell()
	}
}

// tell is called with the lock held.
func (rs *routers) tell() {
	if rs.follow != "" {
		rs.leading(rs.states[rs.follow] == vrrp.Master)
	}
}
