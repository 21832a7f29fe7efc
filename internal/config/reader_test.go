package config

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/healthcheck"
)

const (
	aboutWeb = `virtual_server "web" {
  address = "192.0.2.10:80"
  lb_algo = "rr"
  lb_kind = "DR"
  real_servers = ["192.0.2.31"]

  misc_check { misc_path = "/bin/true" }
  http_get {
    url { path = "/" }
  }
}
`
	aboutVariables = `virtual_server "variables" {
  address = "${var.vip}:80"
  lb_algo = "rr"
  lb_kind = "DR"
  quorum  = local.quorum
  pool    = "shared"
  dynamic "real_server" {
    for_each = var.servers
    labels   = [real_server.value]
    content {}
  }
}
`
	aboutPool      = "pool \"shared\" {\n  weight = 3\n  real_servers = [\"192.0.2.41\"]\n}\n"
	aboutVariable  = "variable \"vip\" { default = \"192.0.2.11\" }\n"
	aboutLocals    = "variable \"servers\" { default = [\"192.0.2.51\"] }\nlocals { quorum = 1 }\n"
	aboutInstances = "vrrp_instance \"VI_1\" {\n  interface = \"eth0\"\n  virtual_router_id = 51\n  virtual_ipaddress = [\"192.0.2.10\"]\n}\n"
)

// A trial is a directory, what is given from outside, and a Reader that has
// seen it before.
type trial struct {
	t      *testing.T
	dir    string
	reader *Reader
	vars   map[string]string
	env    []string
}

func newTrial(t *testing.T, files map[string]string) *trial {
	return &trial{t: t, dir: writeFiles(t, files), reader: NewReader(), vars: make(map[string]string)}
}

func (r *trial) write(name, text string) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// load loads, and compares what the Reader says with what a new one says.
func (r *trial) load() *Config {
	r.t.Helper()
	got, diags := r.reader.Load(r.dir, r.vars, r.env)
	want, wantDiags := Load(r.dir, r.vars, r.env)
	if a, b := dump(got), dump(want); a != b {
		r.t.Fatalf("stale configuration:\n%s\nwant:\n%s", a, b)
	}
	if a, b := messages(r.t, got, diags), messages(r.t, want, wantDiags); a != b {
		r.t.Fatalf("stale messages:\n%s\nwant:\n%s", a, b)
	}
	return got
}

// TestReaderIsNeverStale changes everything that a file can see, one by one.
func TestReaderIsNeverStale(t *testing.T) {
	files := map[string]string{
		"web.hcl": aboutWeb, "variables.hcl": aboutVariables, "pool.hcl": aboutPool,
		"variable.hcl": aboutVariable, "locals.hcl": aboutLocals, "vrrp.hcl": aboutInstances,
	}
	for _, test := range []struct {
		name   string
		change func(r *trial)
	}{
		{"nothing", func(*trial) {}},
		{"own text", func(r *trial) { r.write("web.hcl", aboutWeb[:len(aboutWeb)-2]+"  quorum_up = \"a\"\n}\n") }},
		{"default of a variable", func(r *trial) { r.write("variable.hcl", "variable \"vip\" { default = \"192.0.2.12\" }\n") }},
		{"variable from the command line", func(r *trial) { r.vars["vip"] = "192.0.2.13" }},
		{"variable from the environment", func(r *trial) { r.env = []string{"A=1", "LDIRECTOR_VAR_vip=192.0.2.14"} }},
		{"list in a variable", func(r *trial) { r.vars["servers"] = `["192.0.2.52", "192.0.2.53"]` }},
		{"local", func(r *trial) {
			r.write("locals.hcl", "variable \"servers\" { default = [\"192.0.2.51\"] }\nlocals { quorum = 2 }\n")
		}},
		{"pool", func(r *trial) { r.write("pool.hcl", "pool \"shared\" {\n  real_servers = [\"192.0.2.42\"]\n}\n") }},
		{"pool gone", func(r *trial) { r.write("pool.hcl", "") }},
		{"variable gone", func(r *trial) { r.write("variable.hcl", "") }},
		{"syntax error elsewhere", func(r *trial) { r.write("locals.hcl", "locals {") }},
		{"same name elsewhere", func(r *trial) { r.write("z.hcl", aboutWeb) }},
		{"file gone", func(r *trial) { _ = os.Remove(filepath.Join(r.dir, "web.hcl")) }},
		{"file unreadable", func(r *trial) {
			_ = os.Remove(filepath.Join(r.dir, "web.hcl"))
			_ = os.Symlink("nowhere", filepath.Join(r.dir, "web.hcl"))
		}},
		{"variable in a file that had only services", func(r *trial) {
			r.write("variable.hcl", "")
			r.write("web.hcl", aboutWeb+"variable \"vip\" { default = \"192.0.2.15\" }\n")
		}},
		{"renamed file", func(r *trial) { _ = os.Rename(filepath.Join(r.dir, "web.hcl"), filepath.Join(r.dir, "zweb.hcl")) }},
		{"unused variable", func(r *trial) { r.env = []string{"LDIRECTOR_VAR_none=1"} }},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newTrial(t, files)
			r.load()
			test.change(r)
			r.load()
			r.load()
			for name, text := range files { // and back
				_ = os.Remove(filepath.Join(r.dir, name))
				r.write(name, text)
			}
			r.vars, r.env = map[string]string{}, nil
			r.load()
		})
	}
}

// TestReaderRandomWalk makes many changes in a row.
func TestReaderRandomWalk(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	choices := map[string][]string{
		"a.hcl": {aboutWeb, "", aboutWeb + aboutPool, "virtual_server {"},
		"b.hcl": {aboutVariables, aboutVariables + aboutLocals},
		"c.hcl": {aboutPool, "pool \"shared\" {\n  real_servers = [\"192.0.2.43\"]\n}\n", ""},
		"d.hcl": {aboutVariable, "variable \"vip\" { default = \"192.0.2.99\" }\n", "variable \"vip\" {}\n"},
		"e.hcl": {aboutLocals, "", "locals { quorum = 1 }\n"},
	}
	names := slices.Sorted(maps.Keys(choices))
	first := make(map[string]string)
	for name, texts := range choices {
		first[name] = texts[0]
	}
	r := newTrial(t, first)
	for range 100 {
		name := names[random.IntN(len(names))]
		r.write(name, choices[name][random.IntN(len(choices[name]))])
		delete(r.vars, "vip")
		if random.IntN(3) == 0 {
			r.vars["vip"] = fmt.Sprintf("192.0.2.%d", 20+random.IntN(2))
		}
		r.load()
	}
}

// TestReaderKeepsWhatDidNotChange looks for the same memory.
func TestReaderKeepsWhatDidNotChange(t *testing.T) {
	r := newTrial(t, map[string]string{"a.hcl": aboutWeb, "b.hcl": aboutVariables, "c.hcl": aboutPool + aboutVariable + aboutLocals})
	before := r.load()
	r.write("b.hcl", strings.Replace(aboutVariables, "{", "{ # changed", 1))
	r.write("a.hcl", "# changed\n\n"+aboutWeb)
	after := r.load()
	if &before.Director.VirtualServers[0].RealServers[0] != &after.Director.VirtualServers[0].RealServers[0] {
		t.Error("a block that did not change was read again")
	}
	if &before.Director.VirtualServers[1].RealServers[0] == &after.Director.VirtualServers[1].RealServers[0] {
		t.Error("a block that changed was not read again")
	}
	again := r.load()
	if &again.Director.VirtualServers[0] != &after.Director.VirtualServers[0] {
		t.Error("nothing changed, and something was read again")
	}
}

// TestReaderKeepsProbers: what is asked is the same probe after all has been
// read again.
func TestReaderKeepsProbers(t *testing.T) {
	r := newTrial(t, map[string]string{"a.hcl": aboutWeb, "b.hcl": aboutVariables, "c.hcl": aboutPool + aboutVariable + aboutLocals})
	checks := func(cfg *Config) []healthcheck.Check { return cfg.Director.VirtualServers[0].RealServers[0].Checks }
	before := r.load()
	runtime.GC()
	r.write("c.hcl", aboutPool+aboutVariable+aboutLocals+"global { router_id = \"a\" }\n")
	after := r.load()
	if &before.Director.VirtualServers[0].RealServers[0] == &after.Director.VirtualServers[0].RealServers[0] {
		t.Error("nothing was read again")
	}
	if len(checks(before)) != 2 || !slices.Equal(checks(before), checks(after)) {
		t.Errorf("checks %v are %v now", checks(before), checks(after))
	}
	runtime.KeepAlive(before)
}

// TestReaderKeepsTrackers: what instances track is the same probe after all has
// been read again.
func TestReaderKeepsTrackers(t *testing.T) {
	text := `vrrp_script "chk" { script = "/bin/true" }
track_check "web" {
  http_get {
    connect_ip   = "192.0.2.1"
    connect_port = 80
    url { path = "/" }
  }
}
vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 1
  virtual_ipaddress = ["192.0.2.9"]
  track_script      = ["chk"]
  track_check       = ["web"]
}
`
	r := newTrial(t, map[string]string{"a.hcl": text})
	before := r.load()
	runtime.GC()
	r.write("a.hcl", text+"global { router_id = \"a\" }\n")
	after := r.load()
	a, b := before.VRRP, after.VRRP
	if len(a.Scripts) != 1 || len(a.Checks) != 1 || a.Scripts[0].Check != b.Scripts[0].Check || !slices.Equal(a.Checks[0].Checks, b.Checks[0].Checks) {
		t.Errorf("%+v and %+v are %+v and %+v now", a.Scripts, a.Checks, b.Scripts, b.Checks)
	}
	if len(before.Probes) != 2 {
		t.Errorf("probes to prepare: %+v", before.Probes)
	}
	runtime.KeepAlive(before)
}

// TestReaderMemory: 1,000 services with ten real servers each, in blocks, take
// little, as neither texts nor trees are kept.
func TestReaderMemory(t *testing.T) {
	dir := writeFiles(t, map[string]string{"a.hcl": services(0, 1000, false)})
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	reader := NewReader()
	cfg, diags := reader.Load(dir, nil, nil)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	used := float64(heap()-before) / (1 << 20)
	t.Logf("%.1f MiB", used)
	if used > 10 {
		t.Errorf("%.1f MiB are kept", used)
	}
	runtime.KeepAlive(reader)
	runtime.KeepAlive(cfg)
}

func BenchmarkReload(b *testing.B) {
	for _, changed := range []bool{false, true} {
		name := "nothing changed"
		if changed {
			name = "one block changed"
		}
		b.Run(name, func(b *testing.B) {
			dir := b.TempDir()
			text := services(0, 1000, false)
			write := func(comment string) {
				if err := os.WriteFile(filepath.Join(dir, "a.hcl"), []byte(strings.Replace(text, "{", "{"+comment, 1)), 0o644); err != nil {
					b.Fatal(err)
				}
			}
			write("")
			reader := NewReader()
			n := 0
			for b.Loop() {
				if changed {
					n++
					write(fmt.Sprintf("# %d\n", n))
				}
				if cfg, diags := reader.Load(dir, nil, nil); diags.HasErrors() || len(cfg.Director.VirtualServers) != 1000 {
					b.Fatal(diags)
				}
			}
		})
	}
}
