package main

import (
	"errors"
	"log/slog"
	"sync"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/healthcheck/script"
	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/config"
	"github.com/ldirector/ldirector/internal/notify"
	"github.com/ldirector/ldirector/vrrp"
)

// news tells scripts and FIFOs what happens. Its methods but open and close may
// be called from any goroutine and do not block.
type news struct {
	notifier *notify.Notifier
	log      *slog.Logger
	events   *api.EventLog

	both, vrrp, lvs *notify.FIFO // nil: none
	started         bool

	mu        sync.Mutex
	instances map[string]audience
	groups    map[string]audience
	gone      map[string]audience // instances that have left the configuration, until they have stopped
}

// An audience is who hears of a virtual router or a group.
type audience struct {
	commands notify.Commands
	priority bool // the FIFO hears of changes of priority
}

func newNews(notifier *notify.Notifier, events *api.EventLog, log *slog.Logger) *news {
	return &news{notifier: notifier, events: events, log: log}
}

// open opens the FIFOs.
func (n *news) open(cfg config.FIFO, user string) error {
	for _, f := range []struct {
		fifo   **notify.FIFO
		path   string
		script []string
	}{
		{&n.both, cfg.Path, cfg.Script}, {&n.vrrp, cfg.VRRP, cfg.VRRPScript}, {&n.lvs, cfg.LVS, cfg.LVSScript},
	} {
		if f.path == "" {
			continue
		}
		account, err := script.FindAccount(user, "")
		if err != nil {
			return err
		}
		if *f.fifo, err = notify.OpenFIFO(notify.FIFOConfig{Path: f.path, Script: f.script, Account: account}, n.log); err != nil {
			return err
		}
	}
	return nil
}

// A namedFIFO is one with the argument that names it.
type namedFIFO struct {
	name string
	fifo *notify.FIFO // nil: there is none
}

func (n *news) named() []namedFIFO {
	return []namedFIFO{{"notify_fifo", n.both}, {"vrrp_notify_fifo", n.vrrp}, {"lvs_notify_fifo", n.lvs}}
}

// fifos are those that are open.
func (n *news) fifos() []*notify.FIFO {
	var all []*notify.FIFO
	for _, f := range n.named() {
		if f.fifo != nil {
			all = append(all, f.fifo)
		}
	}
	return all
}

// start runs the FIFOs and the scripts, which give back what open has opened.
func (n *news) start(t *tasks) {
	n.started = true
	t.start("notify scripts", n.notifier.Run)
	for _, f := range n.fifos() {
		t.start("notify FIFO", f.Run)
	}
}

// close removes the FIFOs if they were never started.
func (n *news) close() error {
	if n.started {
		return nil
	}
	var errs []error
	for _, f := range n.fifos() {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// set says who hears of virtual routers from now on.
func (n *news) set(cfg *config.VRRP) {
	instances, groups := make(map[string]audience), make(map[string]audience)
	for _, i := range cfg.Instances {
		instances[i.Name] = audience{notify.Commands(i.Notify), i.NotifyPriority}
	}
	for _, g := range cfg.Groups {
		groups[g.Name] = audience{notify.Commands(g.Notify), g.NotifyPriority}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.gone == nil {
		n.gone = make(map[string]audience)
	}
	for name, a := range n.instances {
		if _, stays := instances[name]; !stays {
			n.gone[name] = a
		}
	}
	n.instances, n.groups = instances, groups
}

// audience returns who hears of a notice, and whether that is the last one of an
// instance that has left the configuration.
func (n *news) audience(notice vrrp.Notice) (a audience, deleted bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if notice.Group {
		return n.groups[notice.Name], false
	}
	if a, ok := n.instances[notice.Name]; ok {
		return a, false
	}
	a = n.gone[notice.Name]
	if notice.To == vrrp.Initialize {
		delete(n.gone, notice.Name)
	}
	return a, true
}

// notice tells of a virtual router or a group. That one goes on where it was under
// an earlier daemon is news only to whoever reads a FIFO, and has begun to with
// this one.
func (n *news) notice(notice vrrp.Notice) {
	if e, ok := routerEvent(notice); ok && !notice.Resumed {
		n.events.Add(e)
	}
	a, deleted := n.audience(notice)
	if !notice.Resumed {
		for _, command := range a.commands.For(notice, deleted) {
			n.notifier.Send(notify.Event{Object: object(notice), Command: command})
		}
	}
	if notice.Kind == vrrp.PriorityChanged && !a.priority {
		return
	}
	if line, ok := notify.RouterLine(notice, deleted); ok {
		send(line, n.both, n.vrrp)
	}
}

// object is what the commands of a notice run in order for.
func object(n vrrp.Notice) string {
	if n.Group {
		return "vrrp_sync_group " + n.Name
	}
	return "vrrp_instance " + n.Name
}

// event tells of a virtual server or a real server. The commands of one real
// server run in order, and so do those of one quorum.
func (n *news) event(e director.Event) {
	if out, ok := serviceEvent(e); ok {
		n.events.Add(out)
	}
	if line, ok := notify.ServiceLine(e); ok {
		send(line, n.both, n.lvs)
	}
	if len(e.Command) == 0 {
		return
	}
	object := e.VirtualServer
	if e.RealServer.IsValid() {
		object += " " + e.RealServer.String()
	}
	n.notifier.Send(notify.Event{Object: object, Command: e.Command})
}

// send writes a line to the FIFOs that there are.
func send(line string, fifos ...*notify.FIFO) {
	for _, f := range fifos {
		if f != nil {
			f.Send(line)
		}
	}
}
