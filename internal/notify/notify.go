package notify

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ldirector/ldirector/healthcheck/script"
)

// Defaults of Config.
const (
	defaultTimeout = 60 * time.Second
	defaultQueue   = 64
	defaultDrain   = 10 * time.Second
)

// Config says how commands run.
type Config struct {
	// User is the name of the user that the commands run as, with all the
	// user's groups; "": the user of this process.
	User string
	// Timeout bounds one command; then its process group is killed. 0: 60 s.
	Timeout time.Duration
	// Queue is the number of events that may wait per object. 0: 64.
	Queue int
	// Drain bounds the time that Run takes for what still waits and runs when
	// its context is done. 0: 10 s.
	Drain time.Duration
}

// An Event is something that happened to an object and the command that tells
// of it.
type Event struct {
	// Object is what the event is about, for example the name of a VRRP
	// instance. The commands of one object run in order.
	Object string
	// Command is a program and its arguments; no shell is involved. A program
	// without a slash is looked for in the directories of the commands' PATH.
	// Without a command there is nothing to do.
	Command []string
	// Env is added to the commands' environment, which has only PATH, HOME,
	// USER and LOGNAME.
	Env []string
}

// A Notifier runs the commands of events.
type Notifier struct {
	cfg     Config
	log     *slog.Logger
	dropped atomic.Uint64
	outcome outcome
	wake    chan struct{} // holds one token after a Send

	mu     sync.Mutex
	queues map[string]*queue // of objects with events that wait or run
	ended  bool              // Run has returned
}

// queue has the events of one object.
type queue struct {
	waiting []Event
	busy    bool // a worker takes care of it
}

// New returns a Notifier; Run makes it work.
func New(cfg Config, log *slog.Logger) *Notifier {
	if cfg.Timeout <= 0 {
		cfg.Timeout = defaultTimeout
	}
	if cfg.Queue <= 0 {
		cfg.Queue = defaultQueue
	}
	if cfg.Drain <= 0 {
		cfg.Drain = defaultDrain
	}
	return &Notifier{cfg: cfg, log: log, wake: make(chan struct{}, 1), queues: make(map[string]*queue)}
}

// Dropped returns how many events were dropped because the queue of their
// object was full or the Notifier had come to its end.
func (n *Notifier) Dropped() uint64 { return n.dropped.Load() }

// Health says how the commands do: the latest one for the trouble.
func (n *Notifier) Health() Health {
	h := Health{Dropped: n.Dropped()}
	n.outcome.fill(&h)
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, q := range n.queues {
		h.Waiting += len(q.waiting)
	}
	return h
}

// Send queues an event and never blocks. If the queue of its object is full or
// Run has returned, the event is dropped with a line in the log. Events that
// are sent before Run starts wait for it.
func (n *Notifier) Send(ev Event) {
	if len(ev.Command) == 0 {
		return
	}
	if reason := n.enqueue(ev); reason != "" {
		n.drop(ev, reason)
		return
	}
	select {
	case n.wake <- struct{}{}:
	default: // Run will look anyway
	}
}

// enqueue appends the event to its queue or returns why it cannot.
func (n *Notifier) enqueue(ev Event) (reason string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ended {
		return "stopped"
	}
	q := n.queues[ev.Object]
	if q == nil {
		q = &queue{}
		n.queues[ev.Object] = q
	}
	if len(q.waiting) >= n.cfg.Queue {
		return "queue full"
	}
	q.waiting = append(q.waiting, ev)
	return ""
}

func (n *Notifier) drop(ev Event, reason string) {
	n.dropped.Add(1)
	n.log.Error("notify command dropped", "object", ev.Object, "command", ev.Command, "reason", reason)
}

// Run runs the commands of the events until ctx is done. Then it takes at most
// Config.Drain to finish what has been sent, so that the last words of an
// object are spoken, kills what still runs and returns nil. End ctx after the
// senders have ended. The error says that Config.User is not known; nothing
// has been run then.
func (n *Notifier) Run(ctx context.Context) error {
	acc, err := script.FindAccount(n.cfg.User, "")
	if err != nil {
		return err
	}
	r := runner{account: acc, timeout: n.cfg.Timeout, log: n.log}
	n.serve(ctx, r.run)
	r.readers.Wait()
	return nil
}

// serve gives every event to run, which must return soon after its context is
// done. That is at the end of Config.Drain or of serve, whichever comes first.
func (n *Notifier) serve(ctx context.Context, run func(context.Context, Event) error) {
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	stop := ctx.Done()
	var deadline <-chan time.Time
	finished := make(chan struct{})
	workers := 0
	for {
		for _, object := range n.claim() {
			workers++
			go func() {
				n.work(life, object, run)
				finished <- struct{}{}
			}()
		}
		if stop == nil && workers == 0 {
			break
		}
		select {
		case <-n.wake:
		case <-finished:
			workers--
		case <-stop:
			stop, deadline = nil, time.After(n.cfg.Drain)
		case <-deadline:
			end()
		}
	}
	n.end()
}

// claim returns the objects whose events wait for a worker, which they are
// promised by that.
func (n *Notifier) claim() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var objects []string
	for object, q := range n.queues {
		if !q.busy {
			q.busy = true
			objects = append(objects, object)
		}
	}
	return objects
}

// work runs the commands of one object until none waits or ctx is done.
func (n *Notifier) work(ctx context.Context, object string, run func(context.Context, Event) error) {
	for ctx.Err() == nil {
		ev, ok := n.next(object)
		if !ok {
			return
		}
		n.outcome.note(time.Now(), run(ctx, ev))
	}
}

// next takes the first waiting event of an object. Without one it forgets the
// object, whose worker has nothing more to do.
func (n *Notifier) next(object string) (ev Event, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	q := n.queues[object]
	if len(q.waiting) == 0 {
		delete(n.queues, object)
		return Event{}, false
	}
	ev, q.waiting = q.waiting[0], q.waiting[1:]
	return ev, true
}

// end drops what waits, now and in future.
func (n *Notifier) end() {
	n.mu.Lock()
	queues := n.queues
	n.queues, n.ended = nil, true
	n.mu.Unlock()
	for _, q := range queues {
		for _, ev := range q.waiting {
			n.drop(ev, "stopped")
		}
	}
}
