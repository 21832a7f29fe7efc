package guardian

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/ldirector/ldirector/vrrp"
)

// maxCalls bounds the requests of one connection that are worked on.
const maxCalls = 64

// A server answers what the daemon at the other end of a link asks.
type server struct {
	link    *link
	process *process
	daemon  bool // that started the process; others may only make it leave

	slots chan struct{}
	calls sync.WaitGroup
}

func newServer(l *link, p *process, daemon bool) *server {
	return &server{link: l, process: p, daemon: daemon, slots: make(chan struct{}, maxCalls)}
}

// handle answers one request. Those whose order matters are done at once, and do
// not wait for anything; others have their own goroutines.
func (s *server) handle(m received) {
	if !s.daemon && m.Call != callHello && m.Call != callLeave {
		s.reply(m, nil, errors.New("only for the daemon that started the process"))
		return
	}
	if s.process.failure != nil && m.Call != callHello {
		s.reply(m, nil, s.process.failure)
		return
	}
	switch m.Call {
	case callHello:
		s.reply(m, hello{Protocol: protocol, PID: os.Getpid()}, s.process.failure)
	case callTracks:
		s.reply(m, nil, s.tracks(m))
	case callCommit:
		c, err := body[commitment](m)
		if err != nil {
			s.reply(m, nil, err)
			return
		}
		s.process.engine.SetTracks(c.Tracks...)
		s.answer(m, func(ctx context.Context) (any, error) { return nil, s.process.commit(ctx, c.Legacy) })
	default:
		s.answer(m, func(ctx context.Context) (any, error) { return s.do(ctx, m) })
	}
}

// answer replies with the outcome of work in a goroutine.
func (s *server) answer(m received, work func(context.Context) (any, error)) {
	s.slots <- struct{}{}
	s.calls.Go(func() {
		// Those who ask have their own limits of time.
		body, err := work(context.Background())
		s.reply(m, body, err)
		<-s.slots
	})
}

// reply answers a request.
func (s *server) reply(m received, body any, err error) {
	out := message{ID: m.ID, Body: body}
	if err != nil {
		out = message{ID: m.ID, Error: err.Error()}
	}
	s.link.outbox.put(out)
}

func (s *server) tracks(m received) error {
	tracks, err := body[[]vrrp.Track](m)
	s.process.engine.SetTracks(tracks...)
	return err
}

// do does what may take its time.
func (s *server) do(ctx context.Context, m received) (any, error) {
	e := s.process.engine
	switch m.Call {
	case callPrepare:
		setup, err := body[Setup](m)
		if err != nil {
			return nil, err
		}
		return nil, e.Prepare(ctx, setup)
	case callDiscard:
		e.Discard()
		return nil, nil
	case callAlive:
		return nil, e.driver.Alive(ctx)
	case callStatus:
		return e.Status(ctx)
	case callRelease, callPreempt, callPriority:
		o, err := body[order](m)
		if err != nil {
			return nil, err
		}
		return nil, command(ctx, e, m.Call, o)
	case callStop:
		return nil, e.Stop(ctx)
	case callKeep:
		limit, err := body[time.Duration](m)
		if err != nil {
			return nil, err
		}
		s.process.keep(limit)
		return nil, nil
	case callLeave:
		return s.process.leave(ctx)
	default:
		return nil, fmt.Errorf("unknown request %q", m.Call)
	}
}

// command does a command for one router.
func command(ctx context.Context, e *Engine, call string, o order) error {
	switch call {
	case callRelease:
		return e.Release(ctx, o.Name)
	case callPreempt:
		return e.Preempt(ctx, o.Name)
	default:
		return e.SetPriority(ctx, o.Name, o.Priority)
	}
}

// body reads the body of a message.
func body[T any](m received) (v T, err error) {
	err = m.read(&v)
	return v, err
}
