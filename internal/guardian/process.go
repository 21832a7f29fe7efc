package guardian

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/ldirector/ldirector/vrrp"
)

const (
	// daemonFile is the descriptor of the process's end of the connection.
	daemonFile = 3
	// finishLimit bounds the time in which the last news are written.
	finishLimit = time.Second
	// orphanLimit bounds the wait for the end of the old daemon's connection when
	// a new daemon has come.
	orphanLimit = time.Second
)

// A process is VRRP as a process of its own.
type process struct {
	stateDir string
	engine   *Engine
	failure  error // why there is no engine
	log      *slog.Logger

	daemon   *server
	orphaned chan struct{} // closed when the daemon is gone
	kept     atomic.Pointer[farewell]
	alone    atomic.Bool // log records go to fallback
	fallback slog.Handler

	mu       sync.Mutex
	listener *socket // nil: not yet
	finished bool
	visitors []*server // connections from the listener
}

// A farewell is a daemon's wish that VRRP goes on until the next one comes.
type farewell struct {
	at    time.Time
	limit time.Duration
}

// Main is the whole work of a process that [Start] has started. StateDir is that
// of the daemon, and fallback gets the log while there is no daemon. Main returns
// when VRRP has ended.
func Main(stateDir string, fallback slog.Handler) error {
	file := os.NewFile(daemonFile, "daemon")
	conn, err := net.FileConn(file)
	if err != nil {
		return fmt.Errorf("not started by a daemon: %w", err)
	}
	_ = file.Close() // conn has a copy
	// Whoever logs to a terminal that was closed must not die of it.
	signal.Ignore(syscall.SIGPIPE, syscall.SIGHUP)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)

	p := newProcess(stateDir, conn, fallback)
	if err := settleIn(); err != nil {
		p.log.Debug("the VRRP process is no more protected than others", "err", err)
	}
	p.engine, p.failure = startEngine(Options{StateDir: stateDir, Notify: p.notify, Log: p.log}, nil)
	go p.serveDaemon()
	p.wait(signals)
	p.finish()
	return nil
}

func newProcess(stateDir string, conn net.Conn, fallback slog.Handler) *process {
	p := &process{stateDir: stateDir, orphaned: make(chan struct{}), fallback: fallback}
	p.daemon = newServer(newLink(conn), p, true)
	p.log = slog.New(relay{emit: p.record})
	return p
}

// notify sends a notice to the daemon.
func (p *process) notify(n vrrp.Notice) {
	p.daemon.link.outbox.put(message{Call: newsNotice, Body: n})
}

// record logs where somebody reads it.
func (p *process) record(r record) {
	if !p.alone.Load() && p.daemon.link.outbox.put(message{Call: newsRecord, Body: r}) {
		return
	}
	_ = r.handle(p.fallback) // nobody is left to be told
}

// serveDaemon works for the daemon until it is gone.
func (p *process) serveDaemon() {
	err := p.daemon.link.serve(p.daemon.handle)
	p.alone.Store(true)
	for _, m := range p.daemon.link.outbox.close() {
		if r, ok := m.Body.(record); ok {
			p.record(r)
		}
	}
	if err != nil {
		p.log.Warn("connection to the daemon broken", "err", err)
	}
	close(p.orphaned)
}

// wait waits for the end. Signals are the daemon's business while there is one:
// the service manager sends them to all processes of a service.
func (p *process) wait(signals <-chan os.Signal) {
	if p.failure != nil {
		<-p.orphaned
		return
	}
	select {
	case <-p.orphaned:
	case <-p.engine.ended:
		return
	}
	for len(signals) > 0 {
		<-signals // from before
	}
	var overdue <-chan time.Time
	if f := p.kept.Load(); f != nil {
		p.log.Info("VRRP goes on until the next daemon comes", "limit", f.limit)
		overdue = time.After(f.limit)
	} else {
		p.engine.Abandon()
	}
	for {
		select {
		case <-overdue:
			p.log.Error("no other daemon has come, VRRP hands over")
			p.engine.Abandon()
		case <-signals:
			if err := p.engine.Stop(context.Background()); err != nil {
				p.log.Error("VRRP not stopped", "err", err)
			}
			return
		case <-p.engine.ended:
			return
		}
	}
}

// keep makes VRRP go on for so long after the daemon's end.
func (p *process) keep(limit time.Duration) { p.kept.Store(&farewell{time.Now(), limit}) }

// finish lets requests come to their ends and writes what is still to be written.
func (p *process) finish() {
	p.mu.Lock()
	p.finished = true
	if p.listener != nil {
		p.listener.close()
	}
	all := append([]*server{p.daemon}, p.visitors...)
	p.mu.Unlock()
	for _, s := range all {
		s.calls.Wait()
		s.link.finish(finishLimit)
	}
}

// commit is a Commit of the daemon. From the first one on, a later daemon can find
// the process.
func (p *process) commit(ctx context.Context, l legacy) error {
	err := p.engine.commit(ctx, l)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil || p.finished {
		return err
	}
	socket, listenErr := listenSocket(socketPath(p.stateDir))
	if listenErr != nil {
		return errors.Join(err, fmt.Errorf("listen for a later daemon: %w", listenErr))
	}
	p.listener = socket
	go p.receive(socket)
	return err
}

// receive lets later daemons in until the listener is closed.
func (p *process) receive(l *socket) {
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			p.log.Warn("connection of a later daemon failed", "err", err)
			return
		}
		p.admit(conn)
	}
}

// maxVisitors bounds the connections that were ever made to the process but by
// its own daemon: one is enough to make it leave.
const maxVisitors = 16

// admit serves a connection.
func (p *process) admit(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.finished || len(p.visitors) >= maxVisitors {
		_ = conn.Close() // so it learns that it is not welcome
		return
	}
	s := newServer(newLink(conn), p, false)
	p.visitors = append(p.visitors, s)
	go func() {
		if err := s.link.serve(s.handle); err != nil {
			p.log.Warn("connection of a later daemon broken", "err", err)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		for i, v := range p.visitors {
			if v == s && !p.finished {
				p.visitors = append(p.visitors[:i:i], p.visitors[i+1:]...)
				return
			}
		}
	}()
}

// leave makes way for the process of another daemon. The own daemon must be gone:
// that is known a moment after it has died.
func (p *process) leave(ctx context.Context) (legacy, error) {
	select {
	case <-p.orphaned:
		l, err := p.engine.leave(ctx)
		l.forget(p.told())
		return l, err
	case <-time.After(orphanLimit):
		return legacy{}, errors.New("its daemon is running")
	}
}

// newsTime is what news may need until the daemon has acted on them.
const newsTime = time.Second

// told returns until when the daemon has been told everything, as far as that is
// known.
func (p *process) told() time.Time {
	if f := p.kept.Load(); f != nil {
		return f.at.Add(-newsTime)
	}
	return time.Time{}
}
