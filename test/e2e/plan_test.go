package e2e

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/internal/plan"
)

// The plan says what run would do, what somebody has broken, and what an earlier
// run has left behind; and does nothing.
func TestPlan(t *testing.T) {
	s := newSite(t)
	s.backend(31, vip)
	s.backend(32, vip)
	d := s.lonely()
	config := s.File(service)
	says := func(when string, want int, pieces ...string) {
		t.Helper()
		table := d.Table()
		out, code := d.Ldirector("plan", "-c", config)
		if code != want {
			t.Errorf("%s: exit code %d, want %d", when, code, want)
		}
		contains(t, when, out, pieces...)
		if after := d.Table(); after != table {
			t.Errorf("%s: plan changed the table:\n%s", when, after)
		}
	}
	says("before the first run", 2, `+ virtual_server "web" { # TCP 192.168.25.100:80`,
		`+ lb_algo = "rr"`,
		`+ real_server "192.168.25.31:80" { lvs_method = "DR", weight = 1 }`,
		`+ real_server "192.168.25.32:80"`, "3 to add, 0 to change, 0 to remove")

	p := d.Direct(config)
	d.AwaitTable(soon, serviceTable)
	says("while it runs", 0, "Nothing to change")
	d.Run("ipvsadm", "-d", "-t", web, "-r", "192.168.25.31:80")
	says("after ipvsadm -d", 2, `~ virtual_server "web"`, `+ real_server "192.168.25.31:80"`, "1 to add, 0 to change, 0 to remove")
	d.Run("ipvsadm", "-e", "-t", web, "-r", "192.168.25.32:80", "-g", "-w", "7")
	out, code := d.Ldirector("plan", "-c", config, "--json")
	var got plan.Plan
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != 2 {
		t.Errorf("plan --json: exit code %d, %v\n%s", code, err, out)
	} else if n := got.Count(); n.Create != 1 || n.Update != 1 || n.Delete != 0 {
		t.Errorf("plan --json: %+v\n%s", n, out)
	}

	answer := d.Run("curl", "-sS", "--fail", "-X", "POST", "--unix-socket", socketOf(d), "http://ldirector/api/v1/plan")
	var asked plan.Plan
	if err := json.Unmarshal([]byte(answer), &asked); err != nil || !reflect.DeepEqual(asked, got) {
		t.Errorf("the daemon's plan, %v:\n%s\nwant:\n%s", err, answer, out)
	}

	crash(t, p)
	renamed := strings.Replace(service, "100:80", "101:80", 1)
	rewrite(t, config, renamed)
	says("after a crash, with another service", 2, `+ virtual_server "web" { # TCP 192.168.25.101:80`,
		"- virtual_server # TCP 192.168.25.100:80, not in the configuration")
	rewrite(t, config, strings.Replace(service, "lb_algo", "lb_algos", 1))
	says("a broken file", 1, "ldirector.hcl line 4", "lb_algos")
}
