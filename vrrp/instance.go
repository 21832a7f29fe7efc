package vrrp

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// sourceInterval is how often the source address is looked at.
const sourceInterval = time.Second

// An Instance runs one virtual router: it feeds a [Machine] with packets, time and links, and does what it says.
type Instance struct {
	cfg     Config
	conn    Conn
	log     *slog.Logger
	inbox   *inbox
	worker  *worker
	recheck chan struct{} // asks for a look at the source address

	limiter limiter

	// Only the goroutine of Run uses these.
	machine *Machine
	packet  []byte // last packet sent, for its capacity

	mu     sync.Mutex // guards status and meter
	status Status
	meter  meter
}

// NewInstance returns an instance that uses conn and host once Run is called. It does not close conn. Notify is told of
// each change of state after host has followed it, in order and from one goroutine; To is Initialize at the end. Neither
// it nor the handler of log may block.
func NewInstance(cfg Config, conn Conn, host Host, notify func(Transition), log *slog.Logger) *Instance {
	i := &Instance{
		cfg:     cfg,
		conn:    conn,
		log:     log.With("instance", cfg.Name, "interface", cfg.Interface),
		inbox:   newInbox(),
		recheck: make(chan struct{}, 1),
		machine: NewMachine(cfg),
		status: Status{
			Name: cfg.Name, Interface: cfg.Interface, VRID: cfg.VRID, Version: cfg.Version,
			Priority: cfg.Priority, Addresses: slices.Clone(cfg.Addresses),
		},
	}
	i.worker = newWorker(host, notify, i.hostFailed)
	return i
}

// LinkChanged reports the state of a link. It does not block, and may be called before Run. Links that nothing was
// reported of count as up, and those that are not tracked do not matter.
func (i *Instance) LinkChanged(name string, up bool) {
	if i.cfg.tracks(name) {
		i.inbox.link(name, up)
	}
}

// Status returns a snapshot.
func (i *Instance) Status() Status {
	i.mu.Lock()
	defer i.mu.Unlock()
	s := i.status
	s.Addresses = slices.Clone(s.Addresses)
	s.Counters = i.meter.snapshot()
	return s
}

// Run takes part in the protocol until ctx is done. Then a master tells its backups with priority 0, the addresses are
// removed, and Run returns nil. It may be called once.
func (i *Instance) Run(ctx context.Context) error {
	var helpers sync.WaitGroup
	quit := make(chan struct{})
	helpers.Go(i.worker.run)
	defer helpers.Wait()
	defer i.worker.stop()
	defer close(quit)

	i.readSource()
	helpers.Go(func() { i.watchSource(quit) })
	now := time.Now()
	i.deliver(now)
	i.step(now, Startup{})
	i.loop(ctx)
	return nil
}

// loop runs the machine until it has stopped. Packets come before the timers: a late loop must hear what arrived in time
// before it believes that nothing did.
func (i *Instance) loop(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	done := ctx.Done()
	more := false // packets are waiting
	for i.machine.State() != Initialize {
		i.arm(timer, more)
		stop := false
		select {
		case <-done:
			done, stop = nil, true
		case <-i.conn.Ready():
		case <-i.inbox.wake:
		case <-timer.C:
		}
		now := time.Now()
		more = i.drain(now)
		i.deliver(now)
		if stop {
			i.step(now, Shutdown{})
		}
		if deadline := i.machine.Deadline(); !deadline.IsZero() && !now.Before(deadline) {
			i.step(now, Timer{})
		}
	}
}

// arm sets timer to the machine's deadline, or to now.
func (i *Instance) arm(timer *time.Timer, now bool) {
	deadline := i.machine.Deadline()
	switch {
	case now:
		timer.Reset(0)
	case deadline.IsZero():
		timer.Stop()
	default:
		timer.Reset(time.Until(deadline))
	}
}

// deliver hands over what other goroutines have told.
func (i *Instance) deliver(now time.Time) {
	for _, ev := range i.inbox.take() {
		i.step(now, ev)
	}
}

// step feeds the machine and does what it says.
func (i *Instance) step(now time.Time, ev Event) {
	for _, action := range i.machine.Step(now, ev) {
		switch a := action.(type) {
		case Advertise:
			i.advertise(now, a.Priority)
		case AddAddresses, RemoveAddresses, Announce, Notify:
			i.worker.do(a)
		}
	}
	i.publish(now)
}

// publish makes what the machine has become known.
func (i *Instance) publish(now time.Time) {
	i.mu.Lock()
	before := i.status
	s := &i.status
	s.State, s.Priority = i.machine.State(), i.machine.Priority()
	s.Source, s.Master = i.machine.Source(), i.machine.Master()
	if s.State != before.State {
		s.Since = now
		if s.State == Master {
			i.meter.BecameMaster++
		}
	}
	after := *s
	i.mu.Unlock()

	if after.Priority != before.Priority {
		i.log.Info("priority changed", "from", before.Priority, "to", after.Priority)
	}
	if after.State != before.State {
		i.log.Info("state changed", "from", before.State.String(), "to", after.State.String(), "priority", after.Priority)
	}
}

// advertise sends an advertisement, as far as possible. A failure changes nothing: the next one may get through.
func (i *Instance) advertise(now time.Time, priority uint8) {
	source := i.machine.Source()
	if !source.IsValid() {
		return // Fault for lack of an address: there is nothing to send from
	}
	a := Advertisement{
		Version: i.cfg.Version, VRID: i.cfg.VRID, Priority: priority,
		Interval: i.cfg.AdvertInterval, Addresses: i.cfg.Addresses,
	}
	a.AuthType, a.AuthData = i.cfg.auth()
	packet, err := a.Append(i.packet[:0], source, multicastGroup())
	if err == nil {
		i.packet = packet
		err = i.conn.Send(packet, source, multicastGroup())
	}
	if err != nil {
		i.count(func(m *meter) { m.SendErrors++ })
		i.warn(now, "send", "send failed", "err", err)
		i.lookAtSource()
		return
	}
	i.count(func(m *meter) {
		m.AdvertsSent++
		if priority == 0 {
			m.PriorityZeroSent++
		}
	})
}

// watchSource follows the source address, which may block, until quit is closed.
func (i *Instance) watchSource(quit <-chan struct{}) {
	ticker := time.NewTicker(sourceInterval)
	defer ticker.Stop()
	for {
		select {
		case <-quit:
			return
		case <-ticker.C:
		case <-i.recheck:
		}
		i.readSource()
	}
}

// readSource has the loop told of the source address. What is not known is not changed.
func (i *Instance) readSource() {
	source, err := i.conn.Source()
	if err != nil {
		i.warn(time.Now(), "source", "no look at source address", "err", err)
		return
	}
	i.inbox.setSource(source)
}

// lookAtSource has the source address checked at once.
func (i *Instance) lookAtSource() {
	select {
	case i.recheck <- struct{}{}:
	default:
	}
}

// hostFailed reports an error of the host.
func (i *Instance) hostFailed(verb string, err error) {
	i.count(func(m *meter) { m.HostErrors++ })
	i.warn(time.Now(), verb, "host call failed", "call", verb, "err", err)
}

func (i *Instance) count(f func(*meter)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	f(&i.meter)
}

// warn logs trouble that may come again and again, limited for each subject.
func (i *Instance) warn(now time.Time, subject, message string, attrs ...any) {
	if suppressed, ok := i.limiter.allow(now, subject); ok {
		i.log.Warn(message, append(attrs, "suppressed", suppressed)...) //nolint:sloglint // a constant of the caller
	}
}
