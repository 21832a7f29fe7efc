package guardian

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ldirector/ldirector/vrrp"
)

// leave makes the daemon end and leave VRRP to the next one.
func (p *daemonProcess) leave(limit time.Duration) {
	p.node.t.Helper()
	if _, err := p.stdin.Write([]byte("leave " + limit.String() + "\n")); err != nil {
		p.node.t.Fatal(err)
	}
	if err := p.Wait(patience); err != nil {
		p.node.t.Errorf("the daemon that leaves: %v\n%s", err, p.Output())
	}
}

// priorities returns the priorities that a host has advertised, each once.
func (w watch) priorities(n *node) []int {
	var all []int
	for _, a := range w.from(n) {
		all = append(all, a.priority)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// A daemon that leaves is no reason to be silent, nor to say that it ends.
func TestNextDaemonGoesOn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.node(1), s.node(2)
	const interval = 200 * time.Millisecond
	a.write(Setup{Routers: []Router{router(200, interval)}})
	b.write(Setup{Routers: []Router{router(100, interval)}})
	adverts := s.adverts()
	daemon := a.start("process")
	a.awaitMaster()
	other := b.start("process")
	addresses := a.watchAddresses()
	for range 2 {
		adverts.awaitMore(a, 10) // longer than news may need
		daemon.leave(time.Minute)
		adverts.awaitMore(a, 5)
		if pids := a.guardians(); len(pids) != 1 {
			t.Errorf("VRRP processes %v, want one", pids)
		}
		daemon = a.start("process")
		daemon.await("VI_1 is MASTER as before")
	}
	other.leave(time.Minute) // the backup, too
	b.start("process").await("VI_1 is BACKUP as before")
	adverts.awaitMore(a, 5)
	if own := adverts.priorities(a); !slices.Equal(own, []int{200}) {
		t.Errorf("priorities %v, want 200 only", own)
	}
	if other := adverts.from(b); len(other) > 0 {
		t.Errorf("the other host has become master: %v", other)
	}
	if n := addresses.removals(); n != 0 {
		t.Errorf("address removed %d times", n)
	}
	if err := daemon.Stop(patience); err != nil {
		t.Error(err)
	}
	b.awaitMaster()
	a.awaitAlone()
}

// Without a daemon nobody knows whether the services work, so another router has to
// get the address in the end.
func TestNoNextDaemonComes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.node(1), s.node(2)
	const interval = 100 * time.Millisecond
	a.write(Setup{Routers: []Router{router(200, interval)}})
	b.write(Setup{Routers: []Router{router(100, interval)}})
	adverts := s.adverts()
	daemon := a.start("process")
	a.awaitMaster()
	b.start("process")
	daemon.leave(2 * time.Second)
	adverts.awaitMore(a, 5)
	b.awaitMaster()
	a.awaitGone()
	a.awaitAlone()
	if own := adverts.from(a); own[len(own)-1].priority != 0 {
		t.Error("the end was not told")
	}
}

// The service manager may end the process that waits for the next daemon.
func TestKeptProcessStops(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := s.node(1)
	a.write(Setup{Routers: []Router{router(200, 100*time.Millisecond)}})
	daemon := a.start("process")
	a.awaitMaster()
	pid := a.guardians()[0]
	daemon.leave(time.Minute)
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	a.awaitAlone()
	if err := a.hasAddress(false); err != nil {
		t.Error(err)
	}
}

// VRRP within the daemon ends with it.
func TestLocalLeaveStops(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := s.node(1)
	a.write(Setup{Routers: []Router{router(200, 100*time.Millisecond)}})
	daemon := a.start("local")
	a.awaitMaster()
	daemon.leave(time.Minute)
	if err := a.hasAddress(false); err != nil {
		t.Error(err)
	}
}

// A process of another version that cannot leave hands over and ends before this
// one begins.
func TestOlderProcessHasToEnd(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := s.node(1)
	a.write(Setup{Routers: []Router{router(200, 100*time.Millisecond)}})
	older := a.start("older")
	daemon := a.start("process")
	if err := older.Wait(patience); err != nil || !strings.HasSuffix(older.Output(), "hands over\n") {
		t.Errorf("%v: %s", err, older.Output())
	}
	daemon.await("VI_1 is MASTER")
	daemon.await("ready")
	if err := daemon.Stop(patience); err != nil {
		t.Error(err)
	}
}

// A process of the first version says who is master and nothing more.
func TestLegacyOfFirstVersion(t *testing.T) {
	l := legacy{Masters: []string{"a"}}
	want := []vrrp.Resumption{{Name: "a", State: vrrp.Master}}
	if got := l.resume().Routers; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	at := time.Now()
	l.State.Routers = []vrrp.Resumption{{Name: "a", State: vrrp.Master, Since: at}, {Name: "b", State: vrrp.Backup, Since: at.Add(2)}}
	l.forget(at.Add(1))
	if got := l.resume().Routers; len(got) != 2 || !got[0].Since.Equal(at) || !got[1].Since.IsZero() {
		t.Errorf("got %v", got)
	}
}
