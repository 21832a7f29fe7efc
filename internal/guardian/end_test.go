package guardian

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/netif"
	"github.com/ldirector/ldirector/internal/nettest"
)

// keepalived starts a stock keepalived as a member of the virtual router.
func (n *node) keepalived(priority int, interval time.Duration) {
	n.t.Helper()
	file := filepath.Join(n.stateDir, "keepalived.conf")
	conf := fmt.Sprintf(`global_defs {
	vrrp_version 3
}
vrrp_instance VI_1 {
	state BACKUP
	interface eth0
	virtual_router_id 51
	priority %d
	advert_int %.2f
	virtual_ipaddress {
		%s/24
	}
}
`, priority, interval.Seconds(), virtual)
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		n.t.Fatal(err)
	}
	p := n.Start(n.Command("keepalived", "-P", "-n", "-l", "-D", "-f", file,
		"-p", filepath.Join(n.stateDir, "keepalived.pid"), "-r", filepath.Join(n.stateDir, "keepalived-vrrp.pid")))
	nettest.Eventually(n.t, patience, "keepalived is backup", func() error {
		if !strings.Contains(p.Output(), "Entering BACKUP STATE") {
			return errors.New(p.Output())
		}
		return nil
	})
}

// A crash of the daemon costs the clients nothing: the old master has the address
// until keepalived has announced it.
func TestKeepalivedSucceedsKilledDaemon(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.node(1), s.node(2)
	const interval = time.Second
	a.write(Setup{Routers: []Router{router(200, interval)}})
	adverts := s.adverts()
	daemon := a.start("process")
	a.awaitMaster()
	b.keepalived(100, interval)
	both := b.watchAddresses()
	adverts.awaitMore(a, 2)

	daemon.Signal(syscall.SIGKILL)
	b.awaitMaster()
	a.awaitGone()
	a.awaitAlone()
	own := adverts.from(a)
	if last := own[len(own)-1]; last.priority != 0 {
		t.Errorf("last advertisement has priority %d, want 0", last.priority)
	}
	// The next daemon gets the address back.
	daemon = a.start("process")
	a.awaitMaster()
	b.awaitGone()
	if err := daemon.Stop(patience); err != nil {
		t.Error(err)
	}
	b.awaitMaster()
	if n := both.removals(); n != 1 {
		t.Errorf("keepalived has removed the address %d times", n)
	}
}

// Without another router the address stays, also for a daemon that runs VRRP
// itself.
func TestAddressOutlivesDaemon(t *testing.T) {
	for _, role := range []string{"process", "local"} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			a := s.node(1)
			a.write(Setup{Routers: []Router{router(200, 100*time.Millisecond)}})
			adverts := s.adverts()
			daemon := a.start("process")
			a.awaitMaster()
			addresses := a.watchAddresses()
			daemon.Signal(syscall.SIGKILL)
			nettest.Eventually(t, patience, "the end is told", func() error {
				if own := adverts.from(a); own[len(own)-1].priority != 0 {
					return errors.New("not yet")
				}
				return nil
			})
			daemon = a.start(role)
			daemon.await("VI_1 is MASTER")
			if role == "local" {
				a.awaitAlone()
			}
			adverts.awaitMore(a, 3)
			if n := addresses.removals(); n != 0 {
				t.Errorf("address removed %d times", n)
			}
			if err := daemon.Stop(patience); err != nil {
				t.Error(err)
			}
			a.awaitGone()
		})
	}
}

// The service manager may end the process of a crashed daemon.
func TestOrphanStops(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := s.node(1)
	a.write(Setup{Routers: []Router{router(200, 100*time.Millisecond)}})
	adverts := s.adverts()
	daemon := a.start("process")
	a.awaitMaster()
	pid := a.guardians()[0]
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGPIPE} {
		if err := syscall.Kill(pid, sig); err != nil {
			t.Fatal(err)
		}
	}
	adverts.awaitMore(a, 3) // a process with a daemon takes no signals
	daemon.Signal(syscall.SIGKILL)
	nettest.Eventually(t, patience, "the end is told", func() error {
		if own := adverts.from(a); own[len(own)-1].priority != 0 {
			return errors.New("not yet")
		}
		return nil
	})
	if err := a.hasAddress(true); err != nil {
		t.Error(err)
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	a.awaitAlone()
	if err := a.hasAddress(false); err != nil {
		t.Error(err)
	}
}

// A daemon that hangs costs no advertisement.
func TestStoppedDaemon(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.node(1), s.node(2)
	a.write(Setup{Routers: []Router{router(200, 100*time.Millisecond)}})
	b.write(Setup{Routers: []Router{router(100, 100*time.Millisecond)}})
	adverts := s.adverts()
	daemon := a.start("process")
	a.awaitMaster()
	b.start("process")
	daemon.Signal(syscall.SIGSTOP)
	adverts.awaitMore(a, 20)
	daemon.Signal(syscall.SIGCONT)
	a.write(Setup{})
	daemon.do("reload", "done reload")
	if err := a.hasAddress(false); err != nil {
		t.Error(err)
	}
	b.awaitMaster()
}

// Only the process whose daemon is gone makes way for another one.
func TestProcessOfLivingDaemonStays(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := s.node(1)
	a.write(Setup{Routers: []Router{router(200, 100*time.Millisecond)}})
	a.start("process")
	a.awaitMaster()
	conn, err := net.Dial("unix", socketPath(a.stateDir))
	if err != nil {
		t.Fatal(err)
	}
	l := newLink(conn)
	go l.serve(func(received) {})
	defer l.finish(time.Second)
	for _, call := range []string{callLeave, callStop, callStatus, callCommit} {
		err := l.call(t.Context(), call, nil, nil)
		if err == nil || !strings.Contains(err.Error(), "daemon") {
			t.Errorf("%s: got the error %v", call, err)
		}
	}
	if info, err := os.Stat(socketPath(a.stateDir)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("socket: %v, %v", info, err)
	}
}

// The macvlan of a virtual MAC goes on with its router.
func TestKilledProcessLeavesMacvlan(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.node(1), s.node(2)
	with := func(priority uint8) Setup {
		r := router(priority, 2*time.Second)
		r.Config.Transmit = "vrrp.51"
		r.Master.VMAC = &netif.VMAC{Name: "vrrp.51", Base: "eth0", MAC: net.HardwareAddr{0, 0, 0x5e, 0, 1, 51}}
		r.Master.Addresses[0].Device = "vrrp.51"
		return Setup{Routers: []Router{r}}
	}
	a.write(with(255))
	b.write(with(1))
	adverts := s.adverts()
	daemon := a.start("process")
	adverts.awaitMore(a, 1)
	b.start("process")
	link := a.Run("ip", "-o", "link", "show", "dev", "vrrp.51")
	adverts.awaitMore(a, 2)
	a.kill()
	adverts.awaitMore(a, 2)
	daemon.Signal(syscall.SIGKILL)
	daemon = a.start("process")
	adverts.awaitMore(a, 2)
	if own := adverts.from(b); len(own) > 0 {
		t.Errorf("the other host has become master: %v", own)
	}
	if now := a.Run("ip", "-o", "link", "show", "dev", "vrrp.51"); now != link {
		t.Errorf("the macvlan was %s and is %s", link, now)
	}
	if err := daemon.Stop(patience); err != nil {
		t.Error(err)
	}
	if out, err := a.Command("ip", "-o", "link", "show", "dev", "vrrp.51").CombinedOutput(); err == nil {
		t.Errorf("the macvlan is left: %s", out)
	}
}

// What the next daemon does not have any more does not stay.
func TestNextDaemonHasAnotherConfiguration(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := s.node(1)
	const interval = 100 * time.Millisecond
	first, second := router(200, interval), other(router(200, interval))
	a.write(Setup{Routers: []Router{first, second}})
	daemon := a.start("process")
	daemon.await("VI_1 is MASTER")
	daemon.await("VI_2 is MASTER")
	nettest.Eventually(t, patience, "both addresses", func() error {
		if out := a.Run("ip", "-o", "address"); !strings.Contains(out, virtual) || !strings.Contains(out, otherVirtual) {
			return errors.New(out)
		}
		return nil
	})
	daemon.Signal(syscall.SIGKILL)
	first.Config.Addresses[0] = netip.MustParseAddr("192.0.2.102")
	first.Master.Addresses[0].Prefix = netip.MustParsePrefix("192.0.2.102/24")
	a.write(Setup{Routers: []Router{first}})
	daemon = a.start("process")
	daemon.await("VI_1 is MASTER")
	nettest.Eventually(t, patience, "the new address alone", func() error {
		out := a.Run("ip", "-o", "address")
		if strings.Contains(out, virtual+"/") || strings.Contains(out, otherVirtual) || !strings.Contains(out, "192.0.2.102") {
			return errors.New(out)
		}
		return nil
	})
	daemon.Signal(syscall.SIGKILL)
	a.write(Setup{})
	daemon = a.start("local")
	if out := a.Run("ip", "-o", "address"); strings.Contains(out, "192.0.2.102") {
		t.Errorf("left:\n%s", out)
	}
	if err := daemon.Stop(patience); err != nil {
		t.Error(err)
	}
}

// A process that dies while a router leaves does not leave its address.
func TestProcessDiesInReload(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := s.node(1)
	const interval = 10 * time.Second // for so long the router waits for a successor
	first, second := router(255, interval), other(router(255, interval))
	a.write(Setup{Routers: []Router{first, second}})
	adverts := s.adverts()
	daemon := a.start("process")
	daemon.await("VI_1 is MASTER")
	daemon.await("VI_2 is MASTER")
	addresses := a.watchAddresses()
	a.write(Setup{Routers: []Router{first}})
	fmt.Fprintln(daemon.stdin, "reload")
	nettest.Eventually(t, patience, "the router says that it leaves", func() error {
		if output := adverts.Output(); !strings.Contains(output, "vrid 52, prio 0") {
			return errors.New(output)
		}
		return nil
	})
	a.kill()
	nettest.Eventually(t, patience, "its address goes", func() error {
		if out := a.Run("ip", "-o", "address"); strings.Contains(out, otherVirtual) {
			return errors.New(out)
		}
		return nil
	})
	daemon.do("status", "VI_1 MASTER 255")
	if n := addresses.removals(); n != 0 {
		t.Errorf("the other address removed %d times", n)
	}
}
