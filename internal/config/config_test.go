package config

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
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
		src := source{name: files[i], text: []byte(files[i+1])}
		diags = append(diags, src.parse()...)
		sources = append(sources, src)
	}
	return load(sources, nil, newInterner(), diags, vars, env)
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
	if g.Metrics != (Metrics{RealServers: true, MaxSeries: 250000}) {
		fmt.Fprintf(&b, "  metrics %+v\n", g.Metrics)
	}
	if g.APIGroup != "" {
		fmt.Fprintf(&b, "  api group=%s\n", g.APIGroup)
	}
	if h := g.HTTP; h != nil {
		fmt.Fprintf(&b, "  http listen=%s certificate=%q key=%q token=%q\n", h.Listen, h.Certificate, h.Key, h.Token)
	}
	for _, f := range cfg.TrackFiles {
		fmt.Fprintf(&b, "track_file %q %s", f.Name, f.Path)
		if f.Init != nil {
			fmt.Fprintf(&b, " init=%d overwrite=%t", *f.Init, f.Overwrite)
		}
		fmt.Fprintln(&b)
	}
	dumpIPVS(&b, cfg)
	dumpVRRP(&b, cfg)
	dumpAlerts(&b, cfg.Alerts)
	for _, m := range cfg.Marks {
		fmt.Fprintf(&b, "mark %d addresses=%s ports=%s protocols=%v\n", m.Mark, m.Addresses, m.Ports, m.Protocols)
	}
	for _, v := range cfg.Director.VirtualServers {
		dumpVirtualServer(&b, v, cfg.Probes)
	}
	return b.String()
}

func dumpIPVS(b *strings.Builder, cfg *Config) {
	fmt.Fprintf(b, "ipvs on_exit=%d resync=%s exclusive=%t\n", cfg.Director.OnExit, cfg.Director.Resync, cfg.Director.Exclusive)
	if t := cfg.IPVS.Timeouts; t != (ipvs.Timeouts{}) {
		fmt.Fprintf(b, "  timeouts tcp=%s tcp_fin=%s udp=%s\n", t.TCP, t.TCPFin, t.UDP)
	}
	for _, name := range slices.Sorted(maps.Keys(cfg.IPVS.Sysctl)) {
		fmt.Fprintf(b, "  sysctl %s=%d\n", name, cfg.IPVS.Sysctl[name])
	}
	if d := cfg.IPVS.SyncDaemon; d != nil {
		fmt.Fprintf(b, "  sync_daemon %s id=%d maxlen=%d port=%d ttl=%d group=%s instance=%q\n", d.Interface, d.ID, d.MaxLen, d.Port, d.TTL, d.Group, d.VRRPInstance)
	}
}

func dumpVirtualServer(b *strings.Builder, v director.VirtualServer, probes []Probe) {
	fmt.Fprintf(b, "virtual_server %q %s flags=%#x persistence=%s quorum=%d\n",
		v.Name, v.Scheduler, uint32(v.Flags), v.PersistenceTimeout, v.Quorum)
	if v.Hidden {
		fmt.Fprintln(b, "  hidden")
	}
	for i, key := range v.Keys {
		if i == 3 && len(v.Keys) > 8 {
			fmt.Fprintf(b, "  … %d keys …\n", len(v.Keys)-4)
		}
		if i < 3 || i == len(v.Keys)-1 || len(v.Keys) <= 8 {
			fmt.Fprintf(b, "  key %s family=%d\n", key, key.Family)
		}
	}
	var more []string
	for _, o := range []struct {
		name  string
		value any
		given bool
	}{
		{"mask", v.PrefixLen, v.PrefixLen != 0},
		{"engine", v.PersistenceEngine, v.PersistenceEngine != ""},
		{"hysteresis", v.Hysteresis, v.Hysteresis != 0},
		{"omega", v.Omega, v.Omega},
		{"ha_suspend", v.HASuspend, v.HASuspend},
		{"sorry_server_inhibit", v.SorryServerInhibit, v.SorryServerInhibit},
		{"quorum_up", v.QuorumUp, v.QuorumUp != nil},
		{"quorum_down", v.QuorumDown, v.QuorumDown != nil},
	} {
		if o.given {
			more = append(more, fmt.Sprintf("%s=%v", o.name, o.value))
		}
	}
	if len(more) > 0 {
		fmt.Fprintf(b, "  %s\n", strings.Join(more, " "))
	}
	if v.SorryServer != nil {
		fmt.Fprintf(b, "  sorry_server %s\n", destination(*v.SorryServer))
	}
	for _, r := range v.RealServers {
		fmt.Fprintf(b, "  real_server %s inhibit=%t", destination(r.Destination), r.InhibitOnFailure)
		if r.SlowStart > 0 {
			fmt.Fprintf(b, " slow_start=%s", r.SlowStart)
		}
		if !r.Alpha {
			fmt.Fprint(b, " alpha=false")
		}
		if r.Any {
			fmt.Fprint(b, " any")
		}
		if r.NotifyUp != nil || r.NotifyDown != nil {
			fmt.Fprintf(b, " notify=%q/%q", r.NotifyUp, r.NotifyDown)
		}
		fmt.Fprintln(b)
		for _, check := range r.Checks {
			c := check.Spec()
			fmt.Fprintf(b, "    %s %s from=%s every=%s timeout=%s retry=%d/%s rise=%d warmup=%s\n", c.Prober.Kind(), c.Target.Addr, sourceOf(c.Target),
				c.Timing.Interval, c.Timing.Timeout, c.Timing.Retry, c.Timing.RetryDelay, c.Timing.Rise, c.Timing.Warmup)
			if text := questionOf(c.Prober, probes); text != "" {
				fmt.Fprintf(b, "      %s\n", text)
			}
		}
	}
}

// sourceOf renders what a target says of its source.
func sourceOf(t healthcheck.Target) string {
	text := t.Source.Addr().String()
	if t.Source.Port() != 0 {
		text = t.Source.String()
	}
	if t.Device != "" {
		text += " dev=" + t.Device
	}
	if t.Toward.IsValid() {
		text += " toward=" + t.Toward.String()
	}
	if t.Mark != 0 {
		text += fmt.Sprintf(" mark=%#x", t.Mark)
	}
	return text
}

// questionOf renders what a prober asks, "" if its kind says it all.
func questionOf(p healthcheck.Prober, probes []Probe) string {
	for _, other := range probes {
		if other.Prober == p {
			return fmt.Sprintf("%s:%d: %s", filepath.Base(other.At.Filename), other.At.Start.Line, other.question.text)
		}
	}
	text := fmt.Sprintf("%#v", p)
	if strings.HasSuffix(text, "{}") {
		return ""
	}
	return text
}

func destination(d ipvs.Destination) string {
	text := fmt.Sprintf("%s %s weight=%d", d.Addr, d.Forward, d.Weight)
	if d.Tunnel != (ipvs.Encapsulation{}) {
		text += fmt.Sprintf(" tunnel=%d/%d/%d", d.Tunnel.Type, d.Tunnel.Port, d.Tunnel.Checksum)
	}
	if d.UpperThreshold != 0 || d.LowerThreshold != 0 {
		text += fmt.Sprintf(" thresholds=%d/%d", d.UpperThreshold, d.LowerThreshold)
	}
	return text
}
