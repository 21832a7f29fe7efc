package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/test/lab"
)

// service is a DR service on a static address, probed every second.
const service = `
virtual_server "web" {
  address    = "192.168.25.100:80"
  lb_algo    = "rr"
  lb_kind    = "DR"
  delay_loop = "1s"
  tcp_check {
    connect_timeout    = "2s"
    retry              = 0
  }
  real_server "192.168.25.31:80" {}
  real_server "192.168.25.32:80" {}
}
`

const serviceTable = `
-A -t 192.168.25.100:80 -s rr
-a -t 192.168.25.100:80 -r 192.168.25.31:80 -g -w 1
-a -t 192.168.25.100:80 -r 192.168.25.32:80 -g -w 1`

const foreign = "\n-A -t 192.168.25.100:81 -s wlc\n-a -t 192.168.25.100:81 -r 192.168.25.31:81 -g -w 1"

// lonely is a director without VRRP that has the virtual address for good.
func (s *site) lonely() *lab.Host {
	s.t.Helper()
	return s.Host("d", s.lan, "192.168.25.11/24", vip+"/24")
}

// A killed director leaves the table serving; the next run takes it over with
// its connections, removes what has left the configuration meanwhile, and
// never touches what somebody else made.
func TestCrashLosesNothing(t *testing.T) {
	s := newSite(t)
	s.backend(31, vip)
	s.backend(32, vip)
	d := s.lonely()
	d.Run("ipvsadm", "-A", "-t", vip+":81", "-s", "wlc")
	d.Run("ipvsadm", "-a", "-t", vip+":81", "-r", "192.168.25.31:81", "-g")
	gone := strings.NewReplacer(`"web"`, `"old"`, vip+":80", vip+":8080", `.31:80"`, `.31:8080"`, `.32:80"`, `.32:8080"`).Replace(service)
	p := d.Direct(s.File(service + gone))
	d.AwaitTable(soon, serviceTable+foreign+"\n-A -t 192.168.25.100:8080 -s rr")
	transfers := []*lab.Transfer{s.client.Transfer(web), s.client.Transfer(web)}

	watch := s.client.Watch(web, patient)
	crash(t, p)
	if got := d.Table(); !strings.Contains(got, ":8080") || !strings.Contains(got, "192.168.25.32:80") {
		t.Errorf("the crash changed the table:\n%s", got)
	}
	p = d.Direct(s.File(service))
	d.AwaitTable(soon, serviceTable+foreign)
	_, answered, failed := watch.Stop()
	if failed > 0 || answered == 0 {
		t.Errorf("%d of %d connections failed over the crash and the restart", failed, answered+failed)
	}
	for _, transfer := range transfers {
		if err := transfer.Continue(); err != nil {
			t.Errorf("the connection to %s broke: %v", transfer.Server, err)
		}
	}
	stop(t, p)
	if got := d.Table(); got != strings.TrimSpace(foreign) {
		t.Errorf("after the stop:\n%s\nwant what somebody else made:%s", got, foreign)
	}
	if files, err := os.ReadDir(d.StateDir()); err != nil || len(files) > 0 {
		t.Errorf("the stop left %v (%v)", files, err)
	}
}

func TestHandMadeChangesAreRepaired(t *testing.T) {
	s := newSite(t)
	s.backend(31, vip)
	s.backend(32, vip)
	d := s.lonely()
	p := d.Direct(s.File(`ipvs {
  resync  = "1s"
  on_exit = "keep"
}` + service))
	d.AwaitTable(soon, serviceTable)
	d.Run("ipvsadm", "-d", "-t", web, "-r", "192.168.25.31:80")
	d.AwaitTable(soon, serviceTable)
	d.Run("ipvsadm", "-D", "-t", web)
	d.AwaitTable(soon, serviceTable)
	d.Run("ipvsadm", "-a", "-t", web, "-r", "192.168.25.66:80", "-g")
	d.AwaitTable(soon, serviceTable)
	if repairs := status(t, d).Table.Repairs; repairs < 3 {
		t.Errorf("status counts %d repairs, want 3 or more", repairs)
	}
	stop(t, p)
	d.AwaitTable(time.Second, serviceTable) // on_exit = "keep"
}

func TestSorryServer(t *testing.T) {
	s := newSite(t)
	_, first := s.backend(31, vip)
	_, second := s.backend(32, vip)
	s.backend(39, vip)
	d := s.lonely()
	d.Direct(s.File(strings.Replace(service, "  real_server", "  sorry_server \"192.168.25.39:80\" {}\n  real_server", 1)))
	d.AwaitTable(soon, serviceTable)
	watch := s.client.Watch(web, patient)
	first.Die()
	second.Die()
	d.AwaitTable(soon, `
		-A -t 192.168.25.100:80 -s rr
		-a -t 192.168.25.100:80 -r 192.168.25.39:80 -g -w 1`)
	expect(t, s.client.Spread("tcp", web, 4), "r39:4")
	watch.Stop() // what was asked before the probes noticed has failed

	watch = s.client.Watch(web, patient)
	second.Start()
	first.Start()
	d.AwaitTable(soon, serviceTable)
	if _, answered, failed := watch.Stop(); failed > 0 || answered == 0 {
		t.Errorf("%d of %d connections failed while the sorry server left", failed, answered+failed)
	}
}

func TestInhibitOnFailure(t *testing.T) {
	s := newSite(t)
	_, first := s.backend(31, vip)
	s.backend(32, vip)
	d := s.lonely()
	d.Direct(s.File(strings.Replace(service, "  delay_loop", "  inhibit_on_failure = true\n  delay_loop", 1)))
	d.AwaitTable(soon, serviceTable)
	first.Die()
	d.AwaitTable(soon, strings.Replace(serviceTable, "31:80 -g -w 1", "31:80 -g -w 0", 1))
	if rs := status(t, d).VirtualServers[0].RealServers[0]; rs.State != "down" || rs.Reason != "tcp_check: connection refused" || rs.Weight != 0 {
		t.Errorf("status: %+v", rs)
	}
	expect(t, s.client.Spread("tcp", web, 4), "r32:4")
}

// What cannot start says what to do, exits with 1, and touches nothing.
func TestRunRefuses(t *testing.T) {
	s := newSite(t)
	nettest.Require(t, nettest.Keepalived)
	d := s.lonely()
	d.Run("ipvsadm", "-A", "-t", vip+":81", "-s", "wlc")
	good := s.File(service)
	refuses := func(what, want, config string) {
		t.Helper()
		out, code := d.Ldirector("run", "-c", config)
		if code != 1 || !strings.Contains(out, want) {
			t.Errorf("%s: exit code %d, want 1 and %q\n%s", what, code, want, out)
		}
		if got := d.Table(); got != "-A -t 192.168.25.100:81 -s wlc" {
			t.Errorf("%s: the table is\n%s", what, got)
		}
	}
	refuses("a broken file", "ldirector.hcl line", s.File(strings.Replace(service, "lb_algo", "lb_algos", 1)))

	dir := t.TempDir()
	conf := filepath.Join(dir, "keepalived.conf")
	if err := os.WriteFile(conf, []byte("global_defs {\n}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	rival := d.Start(d.Command("keepalived", "-n", "-l", "-f", conf, "-p", dir+"/p", "-r", dir+"/v", "-c", dir+"/c"))
	nettest.Eventually(t, soon, "keepalived runs", func() error {
		name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", rival.Pid()))
		if err == nil && string(name) != "keepalived\n" {
			err = fmt.Errorf("it is %q", name)
		}
		return err
	})
	refuses("beside keepalived", "systemctl disable --now keepalived", good)
	rival.Kill()

	running := d.Direct(good)
	if out, code := d.Ldirector("run", "-c", good); code != 1 || !strings.Contains(out, "a running ldirector answers on it") {
		t.Errorf("beside another ldirector: exit code %d\n%s", code, out)
	}
	stop(t, running)
}

func TestRunWithoutPrivileges(t *testing.T) {
	s := newSite(t)
	d := s.lonely()
	config := s.File(service)
	for _, path := range []string{filepath.Dir(config), config} {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	out, err := d.Command("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps=-all",
		s.Program(), "run", "-c", config, "--state-dir", d.StateDir()).CombinedOutput()
	if exit, failed := errors.AsType[*exec.ExitError](err); !failed || exit.ExitCode() != 1 || !strings.Contains(string(out), "CAP_NET_ADMIN") {
		t.Errorf("without privileges: %v\n%s", err, out)
	}
	if got := d.Table(); got != "" {
		t.Errorf("the table is\n%s", got)
	}
}

// Whatever the director was doing when it was killed, the next run ends with
// the same table and no connection is lost.
func TestCrashAtAnyMoment(t *testing.T) {
	s := newSite(t)
	s.backend(31, vip)
	s.backend(32, vip)
	d := s.lonely()
	config := s.File(service)
	crash(t, d.Direct(config)) // perhaps before the first probe
	d.Direct(config).Kill()
	p := d.Direct(config)
	d.AwaitTable(soon, serviceTable)
	transfer := s.client.Transfer(web)
	crash(t, p)

	watch := s.client.Watch(web, patient)
	for _, moment := range []string{"ldirector starts", "IPVS services adopted", "all real servers probed"} {
		p := d.Start(d.Command(s.Program(), "run", "-c", config, "--state-dir", d.StateDir()))
		nettest.Eventually(t, soon, moment, func() error {
			if !strings.Contains(p.Output(), moment) {
				return errors.New(p.Output())
			}
			return nil
		})
		crash(t, p)
		if got := d.Table(); got != strings.TrimSpace(serviceTable) {
			t.Errorf("killed at %q, the table is\n%s", moment, got)
		}
	}
	if _, answered, failed := watch.Stop(); failed > 0 || answered == 0 {
		t.Errorf("%d of %d connections failed", failed, answered+failed)
	}
	if err := transfer.Continue(); err != nil {
		t.Errorf("the connection to %s broke: %v", transfer.Server, err)
	}
}
