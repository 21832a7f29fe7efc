package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/test/lab"
)

const (
	first  = "192.168.25.31:80"
	second = "192.168.25.32:80"

	// What the back-end says last is not seen by the director, so that this is how
	// long a closed connection lasts.
	shortFin = "\nipvs { tcp_fin_timeout = \"2s\" }\n"
)

// tableOf is the table with weights of the two servers; "" is not there.
func tableOf(weights ...string) string {
	table := "-A -t 192.168.25.100:80 -s rr\n"
	for i, weight := range weights {
		if weight != "" {
			table += fmt.Sprintf("-a -t 192.168.25.100:80 -r 192.168.25.3%d:80 -g -w %s\n", i+1, weight)
		}
	}
	return table
}

// command runs the program, which must succeed.
func command(t *testing.T, h *lab.Host, args ...string) string {
	t.Helper()
	out, code := h.Ldirector(args...)
	if code != 0 {
		t.Errorf("ldirector %s: exit code %d\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

// server returns what the status says of a real server.
func server(t *testing.T, h *lab.Host, address string) api.RealServer {
	t.Helper()
	for _, r := range status(t, h).VirtualServers[0].RealServers {
		if r.Address == address {
			return r
		}
	}
	t.Fatalf("no %s in the status", address)
	return api.RealServer{}
}

// transferTo opens connections until one is to the server.
func (s *site) transferTo(name string) *lab.Transfer {
	s.t.Helper()
	for range 10 {
		tr := s.client.Transfer(web)
		if tr.Server == name {
			return tr
		}
		tr.Close()
	}
	s.t.Fatalf("no connection goes to %s", name)
	return nil
}

// A drained server keeps its connections and gets no new ones. That survives a
// reload and a crash, and ends with the last connection; the server stays out
// until it is enabled.
func TestDrain(t *testing.T) {
	s := newSite(t)
	s.backend(31, vip)
	s.backend(32, vip)
	d := s.lonely()
	config := s.File(service + shortFin)
	p := d.Direct(config)
	d.AwaitTable(soon, serviceTable)
	held := s.transferTo("r31")
	continues := func(when string) {
		t.Helper()
		if err := held.Continue(); err != nil {
			t.Errorf("%s the connection broke: %v", when, err)
		}
	}

	watch := s.client.Watch(web, patient)
	if out := command(t, d, "drain", "web", first); out != "" {
		t.Errorf("drain says %s", out)
	}
	d.AwaitTable(0, tableOf("0", "1"))
	expect(t, s.client.Spread("tcp", web, 6), "r32:6")
	continues("while draining")
	if out := reload(t, d); !strings.HasPrefix(out, "Nothing to change") {
		t.Errorf("reload says\n%s", out)
	}
	rewrite(t, config, strings.Replace(service, `32:80" {}`, `32:80" { weight = 3 }`, 1)+shortFin)
	reload(t, d)
	d.AwaitTable(0, tableOf("0", "3"))
	continues("after a reload")

	crash(t, p)
	p = d.Direct(config)
	nettest.Eventually(t, soon, "probes of the new daemon", func() error {
		if r := server(t, d, first); r.State != "drained" || r.Health != "up" {
			return fmt.Errorf("%+v", r)
		}
		return nil
	})
	d.AwaitTable(0, tableOf("0", "3"))
	expect(t, s.client.Spread("tcp", web, 3), "r32:3")
	continues("after a crash")
	if _, answered, failed := watch.Stop(); failed > 0 || answered == 0 {
		t.Errorf("%d of %d new connections failed", failed, answered+failed)
	}

	held.Close()
	d.AwaitTable(soon, tableOf("", "3"))
	contains(t, "waiting for what is over", command(t, d, "drain", "web", first, "--wait"), first+" of web is drained.\n")
	crash(t, p)
	d.Direct(config)
	nettest.Eventually(t, soon, "probes of the third daemon", func() error {
		if r := server(t, d, first); r.State != "drained" || r.Health != "up" || r.Override == nil || !r.Override.Over {
			return fmt.Errorf("%+v", r)
		}
		return nil
	})
	d.AwaitTable(0, tableOf("", "3"))
	command(t, d, "enable", "web", first)
	d.AwaitTable(0, tableOf("1", "3"))
	expect(t, s.client.Spread("tcp", web, 6), "r31:3 r32:3")
	if repairs := status(t, d).Table.Repairs; repairs != 0 {
		t.Errorf("%d repairs of a table that nobody else touched", repairs)
	}
}

// Operators may do more than drain, a plan knows of it, and everything is in the
// events with who did it. Who may only look sees it over HTTP.
func TestOperatorsCommands(t *testing.T) {
	s := newSite(t)
	s.backend(31, vip)
	s.backend(32, vip)
	d := s.lonely()
	config := s.File(service + shortFin + "global {\n  http { token = \"0123456789abcdef\" }\n}\n")
	d.Direct(config)
	d.AwaitTable(soon, serviceTable)

	held := s.transferTo("r31")
	contains(t, "a drain that waits", command(t, d, "drain", "web", first, "--wait", "--timeout", "2s"),
		"1 connection left\n", first+" of web is drained.\n")
	d.AwaitTable(0, tableOf("", "1"))
	held.Close()
	contains(t, "who drains the last one", command(t, d, "disable", "web", second), "No real server of web is left")
	d.AwaitTable(0, tableOf("", ""))
	command(t, d, "weight", "web", first, "7")
	d.AwaitTable(0, tableOf("7", ""))
	if out, code := d.Ldirector("plan", "-c", config); code != 0 {
		t.Errorf("plan: exit code %d\n%s", code, out)
	}
	contains(t, "the status", command(t, d, "status", "--state", "up"), "weight 7 by command")
	command(t, d, "enable", "web", first)
	contains(t, "one for all services", command(t, d, "enable", "192.168.25.32"), "enabled "+second+" of web\n")
	d.AwaitTable(0, serviceTable)
	contains(t, "rates", command(t, d, "status", "web"), " conn/s, ", "CONN/S  BYTES/S")
	command(t, d, "probe", "web", first)
	if out, code := d.Ldirector("drain", "wbe", first); code != 1 || !strings.Contains(out, `Did you mean "web"?`) {
		t.Errorf("a wrong name: exit code %d\n%s", code, out)
	}
	contains(t, "the events", command(t, d, "events"),
		"web  192.168.25.31:80  real server drains: until its connections end, 2s at most",
		"web  192.168.25.31:80  real server is drained: the deadline has passed, with 1 connections",
		"web  192.168.25.32:80  disable  (command of uid 0, pid ",
		"web  192.168.25.31:80  real server has a weight by command: 7; configured is 1")

	ask := func(args ...string) string { return d.Run("curl", append([]string{"-s", "-m", "5"}, args...)...) }
	contains(t, "health", ask("http://127.0.0.1:9650/healthz"), `"ok":true`)
	contains(t, "without the token", ask("http://127.0.0.1:9650/api/v1/status"), "token")
	contains(t, "with the token", ask("-H", "Authorization: Bearer 0123456789abcdef", "http://127.0.0.1:9650/api/v1/status"), `"router_id"`)
	contains(t, "the page", ask("http://127.0.0.1:9650/"), "<title>ldirector</title>")
	contains(t, "probes", ask("-H", "Authorization: Bearer 0123456789abcdef", "http://127.0.0.1:9650/api/v1/virtual_servers/web/real_servers/"+first+"/probes"), `"history":[{"time":"`, `"result":"passed","duration_seconds":0.0`)
	contains(t, "the history", command(t, d, "probe", "--history", "web", first), "  up for ", "  passed  ")
	contains(t, "a command", ask("-X", "POST", "-H", "Authorization: Bearer 0123456789abcdef", "http://127.0.0.1:9650/api/v1/reload"), "404")
}

// Known clients of a drained server go elsewhere if the kernel is told to forget
// them; the sorry server comes when nobody else is left.
func TestDrainWithPersistence(t *testing.T) {
	s := newSite(t)
	s.backend(31, vip)
	s.backend(32, vip)
	_, sorry := s.backend(33, vip)
	d := s.lonely()
	d.Direct(s.File(strings.Replace(service, "lb_kind", "persistence_timeout = \"50s\"\n  sorry_server \"192.168.25.33:80\" {}\n  lb_kind", 1) +
		"ipvs {\n  tcp_fin_timeout = \"2s\"\n  sysctl = { expire_quiescent_template = 1 }\n}\n"))
	persistent := func(weights ...string) string {
		return strings.Replace(tableOf(weights...), "-s rr", "-s rr -p 50", 1)
	}
	d.AwaitTable(soon, persistent("1", "1"))
	held := s.client.Transfer(web)
	drained, other, name := first, second, "r32"
	if held.Server == "r32" {
		drained, other, name = second, first, "r31"
	}
	command(t, d, "drain", "web", drained)
	expect(t, s.client.Spread("tcp", web, 3), name+":3")
	if err := held.Continue(); err != nil {
		t.Errorf("the connection broke: %v", err)
	}
	contains(t, "the last one", command(t, d, "drain", "web", other), "The sorry server of web is in")
	expect(t, s.client.Spread("tcp", web, 3), sorry.Name()+":3")
	if err := held.Continue(); err != nil {
		t.Errorf("beside the sorry server the connection broke: %v", err)
	}
	held.Close()
	d.AwaitTable(soon, persistent("", "")+"-a -t 192.168.25.100:80 -r 192.168.25.33:80 -g -w 1")
	command(t, d, "enable", "web", drained)
	command(t, d, "enable", "web", other)
	d.AwaitTable(soon, persistent("1", "1"))
}
