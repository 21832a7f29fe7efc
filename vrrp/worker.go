package vrrp

import (
	"sync"
	"time"
)

const (
	hostRetryFirst = 100 * time.Millisecond // doubled after each failure
	hostRetryMost  = 10 * time.Second
	lastAttempts   = 4 // to remove the addresses when the instance stops
)

// A worker does what the machine wants of the host. It keeps the latest wish rather than a queue of calls: when the
// host is slow, an addition that is no longer wanted is not done at all. Announcements go out only while the addresses
// are there, notifications after both.
type worker struct {
	notify func(Notice)
	failed func(verb string, err error) // told of each error of the host
	wake   chan struct{}

	finished chan struct{} // closed when run has returned

	mu         sync.Mutex
	host       Host
	retired    []Host // replaced ones, to be closed
	want, have presence
	tries      int       // failed attempts at what is wanted
	retryAt    time.Time // not before, after a failure
	rounds     int       // of announcement, owed
	burst      int       // rounds of the last announcement asked for
	probe      bool
	news       []Notice
	stopping   bool
	leaving    bool // nothing more is to be done
	ended      bool // run returns
}

// presence is where the virtual addresses are.
type presence uint8

const (
	unknown presence = iota // as an earlier process left them, or after an error
	absent
	present
)

func newWorker(host Host, notify func(Notice), failed func(string, error)) *worker {
	return &worker{host: host, notify: notify, failed: failed, wake: make(chan struct{}, 1), finished: make(chan struct{})}
}

// do takes over an action of the machine. It does not block. Advertise is not the worker's.
func (w *worker) do(a Action) {
	w.mu.Lock()
	switch a := a.(type) {
	case AddAddresses:
		w.wish(present)
		w.have = unknown // it may be a repair
	case RemoveAddresses:
		w.wish(absent)
	case Announce:
		w.burst = a.Rounds
		w.rounds = max(w.rounds, a.Rounds) // bursts that could not go out yet are one
	case Probe:
		w.probe = true
	case Notify:
		w.news = append(w.news, a.Notice)
	case Advertise:
	}
	w.mu.Unlock()
	w.signal()
}

// wish begins afresh: nothing of an earlier wish is to be finished.
func (w *worker) wish(want presence) {
	w.want = want
	w.tries, w.retryAt = 0, time.Time{}
	w.rounds, w.burst = 0, 0
	w.probe = false
}

// replace makes another host follow the wishes. It knows what the one before has done.
func (w *worker) replace(host Host) {
	w.mu.Lock()
	w.retired = append(w.retired, w.host)
	w.host, w.have = host, unknown
	w.mu.Unlock()
	w.signal()
}

// leave makes run return as it is: the host stays as it is.
func (w *worker) leave() {
	w.mu.Lock()
	w.stopping, w.leaving = true, true
	w.mu.Unlock()
	w.signal()
}

// stop makes run return when everything is done.
func (w *worker) stop() {
	w.mu.Lock()
	w.stopping = true
	w.mu.Unlock()
	w.signal()
}

func (w *worker) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// run works until stop is called and all is done, or has failed for good. It closes the host.
func (w *worker) run() {
	defer close(w.finished)
	defer w.close()
	for {
		step, wait := w.next(time.Now())
		switch {
		case step != nil:
			step()
		case wait < 0:
			return
		case wait == 0:
			<-w.wake
		default:
			select {
			case <-w.wake:
			case <-time.After(wait):
			}
		}
	}
}

// next returns the next thing to do. If there is none it returns how long to wait unless woken: 0 for ever, negative if
// the work has ended.
func (w *worker) next(now time.Time) (step func(), wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	unsettled := w.want != unknown && w.want != w.have
	if unsettled && w.stopping && w.tries >= lastAttempts {
		unsettled = false
	}
	if unsettled {
		wait = w.retryAt.Sub(now)
	}
	switch {
	case w.leaving:
		w.ended = true
		return nil, -1
	case len(w.retired) > 0:
		return w.close, 0
	case unsettled && wait <= 0:
		want, host := w.want, w.host
		return func() { w.settle(host, want) }, 0
	case w.want == present && w.rounds > 0:
		w.rounds--
		host := w.host
		return func() { w.try("announce addresses", host.Announce) }, 0
	case len(w.news) > 0:
		n := w.news[0]
		w.news = w.news[1:]
		return func() { w.notify(n) }, 0
	case w.probe:
		w.probe = false
		host := w.host
		return func() { w.try("probe addresses", host.Probe) }, 0
	case unsettled:
		return nil, wait
	case w.stopping:
		w.ended = true
		return nil, -1
	default:
		return nil, 0
	}
}

// settle makes the addresses present or absent. A failure is retried, but does not hold up announcements and
// notifications: those addresses that could be added are to be used.
func (w *worker) settle(host Host, want presence) {
	verb, call := "add addresses", host.AddAddresses
	if want == absent {
		verb, call = "remove addresses", host.RemoveAddresses
	}
	err := call()
	if err != nil {
		w.failed(verb, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.host != host {
		return // another one does it again
	}
	w.have = want
	if err != nil {
		w.have = unknown
	}
	if w.want != want {
		return // changed while the host was busy
	}
	if err != nil {
		w.retryAt = time.Now().Add(min(hostRetryFirst<<w.tries, hostRetryMost))
		w.tries = min(w.tries+1, 10)
		return
	}
	if w.tries > 0 {
		w.rounds = w.burst // again, for the addresses that came late
	}
	w.tries = 0
}

func (w *worker) try(verb string, call func() error) {
	if err := call(); err != nil {
		w.failed(verb, err)
	}
}

// close closes the hosts that are not used any more: the replaced ones, and at the end the last.
func (w *worker) close() {
	w.mu.Lock()
	done := w.retired
	w.retired = nil
	if w.ended {
		done = append(done, w.host)
	}
	w.mu.Unlock()
	for _, host := range done {
		w.try("close", host.Close)
	}
}
