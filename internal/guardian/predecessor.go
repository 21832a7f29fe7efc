package guardian

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

const (
	// findLimit bounds the wait for a process that should answer at once.
	findLimit = time.Second
	// leaveLimit is longer: it waits for the end of the old daemon, too.
	leaveLimit = orphanLimit + time.Second
	// endLimit bounds the wait for one that does not leave and has to end: a
	// hand-over takes some intervals of advertisements.
	endLimit = 15 * time.Second
)

// Left reports whether the process of an earlier daemon may be there: a new daemon
// is to call [Start] then, even if it has no virtual router, so that no address
// remains.
func Left(stateDir string) bool {
	_, err := os.Lstat(socketPath(stateDir))
	return err == nil
}

// A predecessor is the process of an earlier daemon that is gone. A nil one is
// none.
type predecessor struct {
	link *link
	gone chan struct{} // closed when the connection has ended
	log  *slog.Logger
	pid  int

	mu   sync.Mutex
	done bool
}

// findPredecessor returns the process of an earlier daemon, nil if there is none.
func findPredecessor(ctx context.Context, stateDir string, log *slog.Logger) *predecessor {
	ctx, cancel := context.WithTimeout(ctx, findLimit)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", socketPath(stateDir))
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return nil
	}
	if err != nil {
		log.Warn("the VRRP process of an earlier daemon cannot be asked", "err", err)
		return nil
	}
	p := &predecessor{link: newLink(conn), gone: make(chan struct{}), log: log}
	go func() {
		defer close(p.gone)
		_ = p.link.serve(func(received) {}) // its requests fail
	}()
	var h hello
	if err := p.link.call(ctx, callHello, nil, &h); err != nil {
		log.Warn("the VRRP process of an earlier daemon does not answer", "err", err)
		_ = p.link.conn.Close()
		return nil
	}
	p.pid = h.PID
	log.Info("the VRRP process of an earlier daemon is there", "pid", h.PID, "protocol", h.Protocol)
	return p
}

// leave makes the process end and leave the host as it is, once.
func (p *predecessor) leave(ctx context.Context) legacy {
	if p == nil {
		return legacy{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done {
		return legacy{}
	}
	p.done = true
	defer func() { _ = p.link.conn.Close() }()
	limited, cancel := context.WithTimeout(ctx, leaveLimit)
	defer cancel()
	var l legacy
	err := p.link.call(limited, callLeave, nil, &l)
	if errors.Is(err, errBroken) {
		p.log.Info("the VRRP process of the earlier daemon has ended", "pid", p.pid)
		return legacy{}
	}
	if err != nil {
		p.log.Warn("the VRRP process of the earlier daemon does not leave, it has to hand over and end", "pid", p.pid, "err", err)
		p.end(ctx)
		return legacy{}
	}
	p.log.Info("the VRRP process of the earlier daemon has left", "pid", p.pid, "masters", l.Masters)
	return l
}

// end makes a process stop that does not understand how to leave, or cannot: two of
// them on one host would disturb each other.
func (p *predecessor) end(ctx context.Context) {
	if err := syscall.Kill(p.pid, syscall.SIGTERM); err != nil {
		p.log.Error("the VRRP process of the earlier daemon not ended", "pid", p.pid, "err", err)
		return
	}
	select {
	case <-p.gone:
		p.log.Info("the VRRP process of the earlier daemon has handed over and ended", "pid", p.pid)
	case <-time.After(endLimit):
		p.log.Error("the VRRP process of the earlier daemon has not ended, and may disturb this one", "pid", p.pid)
	case <-ctx.Done():
	}
}

// close gives the process up: it goes on by itself.
func (p *predecessor) close() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = true
	_ = p.link.conn.Close()
}
