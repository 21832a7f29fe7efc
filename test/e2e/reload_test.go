package e2e

import (
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/test/lab"
)

// One changed line is one change, and nobody notices: not who asks, not who is
// connected, not the counters of the kernel.
func TestReloadChangesOneLine(t *testing.T) {
	s := newSite(t)
	s.backend(31, vip)
	s.backend(32, vip)
	d := s.lonely()
	second := strings.NewReplacer(`"web"`, `"second"`, `100:80"`, `101:80"`).Replace(service)
	config := s.File(service + second)
	p := d.Direct(config)
	twice := serviceTable + strings.ReplaceAll(serviceTable, "100:80 ", "101:80 ")
	d.AwaitTable(soon, twice)
	transfer := s.client.Transfer(web)
	s.client.Spread("tcp", web, 9)
	if out := reload(t, d); !strings.HasPrefix(out, "Nothing to change") {
		t.Errorf("reload without a change:\n%s", out)
	}

	watch := s.client.Watch(web, patient)
	rewrite(t, config, strings.Replace(service, `32:80" {}`, `32:80" { weight = 2 }`, 1)+second)
	const want = `~ virtual_server "web" { # TCP 192.168.25.100:80
    ~ real_server "192.168.25.32:80" { weight = 1 -> 2 }
  }

0 to add, 1 to change, 0 to remove.
`
	if out := reload(t, d); out != want {
		t.Errorf("reload says\n%s\nwant\n%s", out, want)
	}
	if got, want := d.Table(), strings.Replace(strings.TrimSpace(twice), "32:80 -g -w 1", "32:80 -g -w 2", 1); sorted(got) != sorted(want) {
		t.Errorf("the table is\n%s\nwant\n%s", got, want)
	}
	if _, answered, failed := watch.Stop(); failed > 0 || answered == 0 {
		t.Errorf("%d of %d connections failed", failed, answered+failed)
	}
	if err := transfer.Continue(); err != nil {
		t.Errorf("the connection to %s broke: %v", transfer.Server, err)
	}
	awaitScheduled(t, d, web, 10) // counters went on, those of a new service would be small

	// A signal does the same.
	rewrite(t, config, service)
	if err := p.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	d.AwaitTable(soon, serviceTable)
	if err := transfer.Continue(); err != nil {
		t.Errorf("the connection to %s broke: %v", transfer.Server, err)
	}
	if repairs := status(t, d).Table.Repairs; repairs != 0 {
		t.Errorf("%d repairs of a table that nobody else touched", repairs)
	}
}

// sorted brings the lines of a table into order.
func sorted(table string) string {
	lines := strings.Split(table, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// A configuration with an error changes nothing and says so everywhere.
func TestReloadRefusesABrokenFile(t *testing.T) {
	s := newSite(t)
	s.backend(31, vip)
	s.backend(32, vip)
	d := s.lonely()
	config := s.File(service)
	p := d.Direct(config)
	d.AwaitTable(soon, serviceTable)
	rewrite(t, config, strings.Replace(service, "lb_algo", "lb_algos", 1))
	refused := []string{"ldirector.hcl line 4", "lb_algos"}
	cmd := d.Command(s.Program(), "reload", "--state-dir", d.StateDir())
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if exit, failed := errors.AsType[*exec.ExitError](err); !failed || exit.ExitCode() != 1 || len(out) > 0 {
		t.Errorf("reload of a broken file: %v\n%s", err, out)
	}
	contains(t, "standard error", stderr.String(), refused...)
	contains(t, "the log", p.Output(), refused...)
	text, code := d.Ldirector("status")
	if code != 0 {
		t.Errorf("status: exit code %d", code)
	}
	contains(t, "status", text, append(refused, "REFUSED")...)
	d.AwaitTable(0, serviceTable)
	expect(t, s.client.Spread("tcp", web, 4), "r31:2 r32:2")

	rewrite(t, config, service)
	reload(t, d)
	if text, _ := d.Ldirector("status"); strings.Contains(text, "REFUSED") {
		t.Errorf("after a good reload the status says\n%s", text)
	}
	d.AwaitTable(0, serviceTable)
}

// Services and real servers come and go; VRRP instances that stay the same go
// on without missing an advert, also with another script; the level of the log
// follows.
func TestReloadAddsAndRemoves(t *testing.T) {
	s := newSite(t)
	s.backend(31, vip)
	s.backend(32, vip)
	path, heard := script(t)
	router := func(name string, vrid int, address, words string) string {
		return fmt.Sprintf(`
vrrp_instance %q {
  interface         = "eth0"
  virtual_router_id = %d
  advert_int        = "1s"
  virtual_ipaddress = ["%s/24"]
  notify_backup     = [%q, "backup %[5]s"]
  notify_stop       = [%[4]q, "stop %[5]s"]
}
`, name, vrid, address, path, words)
	}
	vrrp := router("VI_1", 51, vip, "one")
	d1, d2 := s.director(1), s.director(2)
	config := s.File(vrrp + service)
	p := d1.Direct(config)
	awaitVRRP(t, d1, "MASTER", "192.168.25.11")
	d2.Direct(s.File(strings.Replace(vrrp, "1s\"", "1s\"\n  priority = 90", 1)))
	awaitVRRP(t, d2, "BACKUP", "192.168.25.11")
	d1.AwaitTable(soon, serviceTable)
	since := func(h *lab.Host) string { return fmt.Sprint(status(t, h).VRRPInstances[0].Since) }
	master, backup := since(d1), since(d2)
	nettest.Eventually(t, soon, "both directors have run a script", func() error {
		if said := heard(); len(said) != 2 {
			return fmt.Errorf("heard %q", said)
		}
		return nil
	})

	more := strings.NewReplacer(`"web"`, `"second"`, `100:80"`, `101:80"`).Replace(service)
	rewrite(t, config, "global {\n  log { level = \"debug\" }\n}\n"+strings.ReplaceAll(vrrp, "one", "two")+
		router("VI_2", 52, "192.168.25.101", "new")+more+
		strings.Replace(service, `real_server "192.168.25.31:80" {}`, `real_server "192.168.25.33:80" {}`, 1))
	out := reload(t, d1)
	contains(t, "the answer to reload", out,
		`+ virtual_server "second" { # TCP 192.168.25.101:80`,
		`+ vrrp_instance "VI_2"`,
		"- real_server \"192.168.25.31:80\"")
	if strings.Contains(out, "VI_1") {
		t.Errorf("VI_1 has another script only:\n%s", out)
	}
	d1.AwaitAddress(soon, "192.168.25.101", true)
	d1.AwaitTable(soon, `
		-A -t 192.168.25.100:80 -s rr
		-a -t 192.168.25.100:80 -r 192.168.25.32:80 -g -w 1
		`+strings.ReplaceAll(serviceTable, "100:80", "101:80"))
	contains(t, "the log", p.Output(), "level=DEBUG")

	rewrite(t, config, vrrp+service)
	contains(t, "the answer to reload", reload(t, d1), `- virtual_server "second"`, `- vrrp_instance "VI_2"`)
	d1.AwaitTable(soon, serviceTable)
	d1.AwaitAddress(soon, "192.168.25.101", false)
	if now := since(d1); now != master {
		t.Errorf("VI_1 is master since %s, was since %s", now, master)
	}
	if now := since(d2); now != backup {
		t.Errorf("the backup has been backup since %s only, was since %s: it missed adverts", now, backup)
	}
	reload(t, d1)
	rewrite(t, config, strings.ReplaceAll(vrrp, "one", "two")+service)
	reload(t, d1)
	stop(t, p)
	if got, want := heard()[2:], []string{"backup new", "stop new", "stop two"}; !slices.Equal(got, want) {
		t.Errorf("the scripts heard %q, want %q", got, want)
	}
}
