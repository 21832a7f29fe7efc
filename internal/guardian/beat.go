package guardian

import (
	"context"
	"log/slog"
	"time"
)

const (
	// beatInterval is the time between two questions whether the process is alive.
	beatInterval = time.Second
	// beatsMissed is how many intervals in a row may pass without an answer. They are
	// counted, not measured: nothing is missed while this process, or the whole
	// machine, stands still.
	beatsMissed = 3
)

// watch asks the process again and again whether the goroutine that advertises is
// alive, until the connection or ctx ends. One that hangs is killed: another
// router has become master meanwhile, and this host still has the addresses.
func (s *session) watch(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(beatInterval)
	defer tick.Stop()
	heard := time.Now()
	_, reply := s.start(callAlive, nil)
	for missed := 0; missed < beatsMissed; {
		select {
		case <-tick.C:
		case <-s.broken:
			return
		case <-ctx.Done():
			return
		}
		select {
		case <-reply:
			missed, heard = 0, time.Now()
			_, reply = s.start(callAlive, nil)
		default:
			missed++
		}
	}
	s.silent.Store(&heard)
	log.Error("the VRRP process does not answer, it is killed", "pid", s.cmd.Process.Pid)
	_ = s.cmd.Process.Kill() // it may have ended by itself
}

// died is since when a process has done nothing, whose connection has ended now.
func (s *session) died() time.Time {
	if heard := s.silent.Load(); heard != nil {
		return *heard
	}
	return time.Now()
}
