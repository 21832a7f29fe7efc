package guardian

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/netif"
	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/vrrp"
)

// patience bounds waits for what should happen soon.
const patience = 20 * time.Second

// A node is a host that runs VRRP.
type node struct {
	*nettest.Namespace
	t        *testing.T
	stateDir string
	port     *nettest.Port
	address  netip.Addr
}

// site is a LAN with hosts on it.
type site struct {
	t   *testing.T
	lan *nettest.LAN
}

func newSite(t *testing.T) *site {
	nettest.Require(t, nettest.NetNS)
	return &site{t: t, lan: nettest.NewLAN(t, "lan")}
}

// node makes a host with the address 192.0.2.number.
func (s *site) node(number int) *node {
	n := &node{
		Namespace: nettest.New(s.t, fmt.Sprintf("n%d", number)), t: s.t, stateDir: s.t.TempDir(),
		address: netip.AddrFrom4([4]byte{192, 0, 2, byte(number)}),
	}
	s.t.Cleanup(func() {
		if log, err := os.ReadFile(filepath.Join(n.stateDir, "process.log")); err == nil && s.t.Failed() {
			s.t.Logf("log of the VRRP processes of %s:\n%s", n.Name(), log)
		}
	})
	n.port = s.lan.Connect(n.Namespace, "eth0", netip.PrefixFrom(n.address, 24))
	return n
}

// virtual is the address that moves.
const virtual = "192.0.2.100"

// router returns the virtual router with the given priority and interval of
// advertisements.
func router(priority uint8, interval time.Duration) Router {
	vip := netip.MustParseAddr(virtual)
	return Router{
		Config: vrrp.Config{
			Name: "VI_1", Interface: "eth0", VRID: 51, Priority: priority, Version: 3, AdvertInterval: interval,
			Addresses: []netip.Addr{vip}, GARP: vrrp.GARP{Repeat: 5, Delay: 5 * time.Second},
		},
		Master: netif.Master{
			Name: "VI_1", Interface: "eth0",
			Addresses: []netif.Address{{Prefix: netip.PrefixFrom(vip, 24), Device: "eth0"}},
		},
	}
}

// otherVirtual is the address of a second virtual router.
const otherVirtual = "192.0.2.101"

// other makes a second virtual router of one.
func other(r Router) Router {
	vip := netip.MustParseAddr(otherVirtual)
	r.Config.Name, r.Config.VRID, r.Config.Addresses = "VI_2", 52, []netip.Addr{vip}
	r.Master.Name = "VI_2"
	r.Master.Addresses = []netif.Address{{Prefix: netip.PrefixFrom(vip, 24), Device: "eth0"}}
	return r
}

// write makes setup.json for the daemon.
func (n *node) write(setup Setup) {
	n.t.Helper()
	text, err := json.Marshal(setup)
	if err != nil {
		n.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(n.stateDir, "setup.json"), text, 0o600); err != nil {
		n.t.Fatal(err)
	}
}

// A daemonProcess is a daemon that obeys.
type daemonProcess struct {
	*nettest.Process
	node  *node
	stdin io.Writer
}

// do gives the daemon a command and waits until it has printed a line.
func (p *daemonProcess) do(command, line string) {
	p.node.t.Helper()
	before := len(p.Output())
	if _, err := fmt.Fprintln(p.stdin, command); err != nil {
		p.node.t.Fatal(err)
	}
	p.awaitAfter(before, line)
}

// await waits until the daemon has printed a line.
func (p *daemonProcess) await(line string) {
	p.node.t.Helper()
	p.awaitAfter(0, line)
}

func (p *daemonProcess) awaitAfter(offset int, line string) {
	p.node.t.Helper()
	nettest.Eventually(p.node.t, patience, "it prints "+line, func() error {
		select {
		case <-p.Done():
			return errors.New("it has ended")
		default:
		}
		if output := p.Output()[offset:]; !strings.Contains("\n"+output, "\n"+line+"\n") {
			return errors.New(output)
		}
		return nil
	})
}

// start starts the daemon, with VRRP in a process of its own ("process") or not
// ("local"), and waits until its setup is in force.
func (n *node) start(role string) *daemonProcess {
	n.t.Helper()
	self, err := os.Executable()
	if err != nil {
		n.t.Fatal(err)
	}
	cmd := n.Command(self, n.stateDir)
	cmd.Env = append(os.Environ(), "GUARDIAN_TEST_ROLE="+role)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		n.t.Fatal(err)
	}
	p := &daemonProcess{Process: n.Start(cmd), node: n, stdin: stdin}
	p.await("ready")
	return p
}

// awaitMaster waits until the virtual address is there.
func (n *node) awaitMaster() {
	n.t.Helper()
	nettest.Eventually(n.t, patience, "the address is on "+n.Name(), func() error { return n.hasAddress(true) })
}

// awaitGone waits until it is not there any more.
func (n *node) awaitGone() {
	n.t.Helper()
	nettest.Eventually(n.t, patience, "the address is off "+n.Name(), func() error { return n.hasAddress(false) })
}

func (n *node) hasAddress(want bool) error {
	out, err := exec.Command("ip", "-n", n.Name(), "-o", "address", "show", "dev", "eth0").CombinedOutput()
	if err != nil {
		return err
	}
	if strings.Contains(string(out), virtual+"/") != want {
		return errors.New(string(out))
	}
	return nil
}

// guardians returns the process ids of the VRRP processes of the host.
func (n *node) guardians() []int {
	out, err := exec.Command("ip", "netns", "pids", n.Name()).Output()
	if err != nil {
		n.t.Fatal(err)
	}
	var pids []int
	for field := range strings.FieldsSeq(string(out)) {
		args, _ := os.ReadFile("/proc/" + field + "/cmdline") // it may have ended
		if strings.HasPrefix(string(args), "ldirector guardian\x00") {
			var pid int
			fmt.Sscan(field, &pid)
			pids = append(pids, pid)
		}
	}
	return pids
}

// kill kills the VRRP process.
func (n *node) kill() {
	n.t.Helper()
	pids := n.guardians()
	if len(pids) != 1 {
		n.t.Fatalf("VRRP processes %v, want one", pids)
	}
	if err := syscall.Kill(pids[0], syscall.SIGKILL); err != nil {
		n.t.Fatal(err)
	}
}

// awaitAlone waits until the host has no VRRP process.
func (n *node) awaitAlone() {
	n.t.Helper()
	nettest.Eventually(n.t, patience, "no VRRP process is left", func() error {
		if pids := n.guardians(); len(pids) > 0 {
			return fmt.Errorf("there are %v", pids)
		}
		return nil
	})
}

// A watch is a program that writes down what happens.
type watch struct{ *nettest.Process }

// watchAddresses writes down changes of addresses.
func (n *node) watchAddresses() watch {
	n.t.Helper()
	w := watch{n.Start(n.Command("ip", "-o", "monitor", "address"))}
	// It is there when it tells of an address that comes after it.
	nettest.Eventually(n.t, patience, "ip monitor works", func() error {
		n.Run("ip", "address", "replace", "192.0.2.254/32", "dev", "lo")
		n.Run("ip", "address", "del", "192.0.2.254/32", "dev", "lo")
		if w.Output() == "" {
			return errors.New("nothing yet")
		}
		return nil
	})
	return w
}

// removals counts how often the virtual address was removed.
func (w watch) removals() (count int) {
	for line := range strings.Lines(w.Output()) {
		if strings.HasPrefix(line, "Deleted") && strings.Contains(line, virtual+"/") {
			count++
		}
	}
	return count
}

// adverts writes down the advertisements on the LAN.
func (s *site) adverts() watch {
	s.t.Helper()
	w := watch{s.lan.NS.Start(s.lan.NS.Command("tcpdump", "-l", "-n", "-tt", "-i", s.lan.Bridge(), "--immediate-mode", "vrrp"))}
	nettest.Eventually(s.t, patience, "tcpdump listens", func() error {
		if !strings.Contains(w.Output(), "listening on") {
			return errors.New(w.Output())
		}
		return nil
	})
	return w
}

// An advert is a captured advertisement.
type advert struct {
	source   string
	priority int
}

func (w watch) all() (all []advert) {
	for line := range strings.Lines(w.Output()) {
		var a advert
		var at float64
		if _, err := fmt.Sscanf(line, "%f IP %s", &at, &a.source); err != nil {
			continue
		}
		_, rest, ok := strings.Cut(line, "prio ")
		if !ok {
			continue
		}
		if _, err := fmt.Sscanf(rest, "%d", &a.priority); err == nil {
			all = append(all, a)
		}
	}
	return all
}

// from returns the advertisements of one host.
func (w watch) from(n *node) (own []advert) {
	for _, a := range w.all() {
		if a.source == n.address.String() {
			own = append(own, a)
		}
	}
	return own
}

// awaitMore waits until a host has sent so many more advertisements.
func (w watch) awaitMore(n *node, count int) {
	n.t.Helper()
	before := len(w.from(n))
	nettest.Eventually(n.t, patience, "advertisements of "+n.Name(), func() error {
		if now := len(w.from(n)); now < before+count {
			return fmt.Errorf("%d more", now-before)
		}
		return nil
	})
}

func TestKilledDaemonIsSucceeded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.node(1), s.node(2)
	const interval = time.Second
	a.write(Setup{Routers: []Router{router(200, interval)}})
	b.write(Setup{Routers: []Router{router(100, interval)}})
	adverts := s.adverts()
	da := a.start("process")
	a.awaitMaster()
	b.start("process")
	addresses := a.watchAddresses()
	adverts.awaitMore(a, 1)

	da.Signal(syscall.SIGKILL)
	b.awaitMaster()
	a.awaitGone()
	a.awaitAlone()

	own := adverts.from(a)
	if last := own[len(own)-1]; last.priority != 0 {
		t.Errorf("last advertisement has priority %d, want 0", last.priority)
	}
	if n := addresses.removals(); n != 1 {
		t.Errorf("address removed %d times", n)
	}
}

func TestRestartedDaemonGoesOn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.node(1), s.node(2)
	const interval = 2 * time.Second // and so long is the skew of the other router
	a.write(Setup{Routers: []Router{router(255, interval)}})
	b.write(Setup{Routers: []Router{router(1, interval)}})
	adverts := s.adverts()
	da := a.start("process")
	a.awaitMaster()
	b.start("process")
	addresses := a.watchAddresses()
	adverts.awaitMore(a, 1)

	da.Signal(syscall.SIGKILL)
	<-da.Done()
	da = a.start("process")
	da.await("VI_1 is MASTER")
	adverts.awaitMore(a, 4)
	if own := adverts.from(b); len(own) > 0 {
		t.Errorf("the other host has become master: %v", own)
	}
	if n := addresses.removals(); n != 0 {
		t.Errorf("address removed %d times", n)
	}
	if pids := a.guardians(); len(pids) != 1 {
		t.Errorf("VRRP processes %v, want one", pids)
	}
	if err := da.Stop(patience); err != nil {
		t.Error(err)
	}
	a.awaitGone()
	a.awaitAlone()
}

func TestKilledProcessIsReplaced(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.node(1), s.node(2)
	const interval = 2 * time.Second
	a.write(Setup{Routers: []Router{router(255, interval)}})
	b.write(Setup{Routers: []Router{router(1, interval)}})
	adverts := s.adverts()
	da := a.start("process")
	a.awaitMaster()
	b.start("process")
	addresses := a.watchAddresses()

	for range 2 {
		adverts.awaitMore(a, 2)
		a.kill()
	}
	adverts.awaitMore(a, 2)
	if own := adverts.from(b); len(own) > 0 {
		t.Errorf("the other host has become master: %v", own)
	}
	if n := addresses.removals(); n != 0 {
		t.Errorf("address removed %d times", n)
	}
	if err := da.Stop(patience); err != nil {
		t.Error(err)
	}
	b.awaitMaster()
	if own := adverts.from(a); own[len(own)-1].priority != 0 {
		t.Error("the end was not told")
	}
}

func TestStopHandsOver(t *testing.T) {
	for _, role := range []string{"process", "local"} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			a, b := s.node(1), s.node(2)
			const interval = 100 * time.Millisecond
			a.write(Setup{Routers: []Router{router(200, interval)}})
			b.write(Setup{Routers: []Router{router(100, interval)}})
			da := a.start(role)
			a.awaitMaster()
			b.start(role)
			if err := da.Stop(patience); err != nil {
				t.Error(err)
			}
			if err := a.hasAddress(false); err != nil {
				t.Errorf("the address is left after the end: %v", err)
			}
			b.awaitMaster()
			if !strings.Contains(da.Output(), "VI_1 is INIT\n") {
				t.Errorf("the end was not told:\n%s", da.Output())
			}
			if _, err := os.Stat(socketPath(a.stateDir)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("socket left: %v", err)
			}
		})
	}
}

// A process that hangs advertises nothing and keeps the addresses, so that the
// host has to be freed from it.
func TestHangingProcessIsReplaced(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.node(1), s.node(2)
	const interval = 100 * time.Millisecond
	a.write(Setup{Routers: []Router{router(200, interval)}})
	b.write(Setup{Routers: []Router{router(100, interval)}})
	da := a.start("process")
	a.awaitMaster()
	db := b.start("process")
	pid := a.guardians()[0]
	seen := len(da.Output())
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	db.await("VI_1 is MASTER")
	da.awaitAfter(seen, "VI_1 is BACKUP") // the other one is master
	da.awaitAfter(seen, "VI_1 is MASTER") // it preempts
	db.await("VI_1 is BACKUP")
	if pids := a.guardians(); len(pids) != 1 || pids[0] == pid {
		t.Errorf("VRRP processes %v, want one that is not %d", pids, pid)
	}
	if !strings.Contains(da.Output(), "does not answer, it is killed") {
		t.Errorf("the log does not say why:\n%s", da.Output())
	}
	b.awaitGone()
}
