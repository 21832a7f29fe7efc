package config

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/director/ipvs"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with the file name, or writes it with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// loadText loads files given as name and text, without reading any.
func loadText(t testing.TB, vars map[string]string, env []string, files ...string) (*Config, hcl.Diagnostics) {
	t.Helper()
	var sources []source
	var diags hcl.Diagnostics
	for i := 0; i < len(files); i += 2 {
		src, found := parseSource(files[i], []byte(files[i+1]))
		sources = append(sources, src)
		diags = append(diags, found...)
	}
	return load(sources, diags, vars, env)
}

// messages renders diagnostics as users see them.
func messages(t testing.TB, cfg *Config, diags hcl.Diagnostics) string {
	t.Helper()
	var out bytes.Buffer
	if err := WriteDiagnostics(&out, cfg, diags, false); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestGoodFiles(t *testing.T) {
	names, err := filepath.Glob("testdata/good/*.hcl")
	if err != nil || len(names) == 0 {
		t.Fatalf("no good files: %v", err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			cfg, diags := Load(name, nil, nil)
			if len(diags) > 0 {
				t.Fatal(messages(t, cfg, diags))
			}
			golden(t, strings.TrimSuffix(name, ".hcl")+".txt", dump(cfg))
		})
	}
}

// TestBadFiles holds one file for each rule, with the message that a user gets.
func TestBadFiles(t *testing.T) {
	names, err := filepath.Glob("testdata/bad/*.hcl")
	if err != nil || len(names) == 0 {
		t.Fatalf("no bad files: %v", err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			cfg, diags := Load(name, nil, nil)
			if !diags.HasErrors() {
				t.Error("no error")
			}
			if diff := cmp.Diff(&Config{Files: cfg.Files}, cfg, cmp.Comparer(func(a, b map[string]*hcl.File) bool { return true })); diff != "" {
				t.Errorf("config beside errors (-want +got):\n%s", diff)
			}
			for _, diag := range diags {
				if diag.Subject == nil {
					t.Errorf("no place: %s", diag.Summary)
				}
			}
			golden(t, strings.TrimSuffix(name, ".hcl")+".txt", messages(t, cfg, diags))
		})
	}
}

// dump writes a Config line by line.
func dump(cfg *Config) string {
	var b strings.Builder
	g := cfg.Global
	fmt.Fprintf(&b, "global router_id=%q script_user=%q log=%s/%s api=%s\n", g.RouterID, g.ScriptUser, g.Log.Level, g.Log.Format, g.API)
	fmt.Fprintf(&b, "ipvs on_exit=%d resync=%s\n", cfg.Director.OnExit, cfg.Director.Resync)
	for _, i := range cfg.VRRP {
		dumpInstance(&b, i)
	}
	for _, v := range cfg.Director.VirtualServers {
		fmt.Fprintf(&b, "virtual_server %q %s family=%d %s flags=%#x persistence=%s quorum=%d alpha=%t\n",
			v.Name, v.Keys[0], v.Keys[0].Family, v.Scheduler, uint32(v.Flags), v.PersistenceTimeout, v.Quorum, v.Alpha)
		if v.SorryServer != nil {
			fmt.Fprintf(&b, "  sorry_server %s\n", destination(*v.SorryServer))
		}
		for _, r := range v.RealServers {
			fmt.Fprintf(&b, "  real_server %s inhibit=%t\n", destination(r.Destination), r.InhibitOnFailure)
			for _, c := range r.Checks {
				fmt.Fprintf(&b, "    %s %s from=%s every=%s timeout=%s retry=%d/%s rise=%d warmup=%s\n", c.Prober.Kind(), c.Target.Addr, c.Target.Source,
					c.Timing.Interval, c.Timing.Timeout, c.Timing.Retry, c.Timing.RetryDelay, c.Timing.Rise, c.Timing.Warmup)
			}
		}
	}
	return b.String()
}

func dumpInstance(b *strings.Builder, i VRRPInstance) {
	fmt.Fprintf(b, "vrrp_instance %q %s vrid=%d priority=%d version=%d advert_int=%s password=%q nopreempt=%t garp=%dx/%s\n",
		i.Name, i.Interface, i.VRID, i.Priority, i.Version, i.AdvertInterval, i.Password, i.NoPreempt, i.GARPMasterRepeat, i.GARPMasterDelay)
	for n, a := range i.VirtualAddresses {
		fmt.Fprintf(b, "  address %s = %s dev=%s label=%q brd=%s scope=%d\n", i.Addresses[n], a.Prefix, a.Device, a.Label, a.Broadcast, a.Scope)
	}
	for _, t := range i.TrackInterfaces {
		fmt.Fprintf(b, "  track %s weight=%d\n", t.Name, t.Weight)
	}
	n := i.Notify
	for _, c := range []struct {
		when    string
		command []string
	}{{"master", n.Master}, {"backup", n.Backup}, {"fault", n.Fault}, {"stop", n.Stop}, {"any", n.Any}} {
		if c.command != nil {
			fmt.Fprintf(b, "  notify %s %q\n", c.when, c.command)
		}
	}
}

func destination(d ipvs.Destination) string {
	return fmt.Sprintf("%s %s weight=%d", d.Addr, d.Forward, d.Weight)
}
