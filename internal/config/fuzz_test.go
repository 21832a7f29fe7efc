package config

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// FuzzLoad: any text gives either a Config or errors with a place, never a
// panic, and the messages can be written.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/good/*.hcl", "testdata/bad/*.hcl"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	portless := []string{"ping_check", "misc_check", "file_check"}
	f.Fuzz(func(t *testing.T, text []byte) {
		cfg, diags := loadText(t, map[string]string{"vip": "192.0.2.1"}, []string{"LDIRECTOR_VAR_ports=[1]"}, "a.hcl", string(text))
		if err := WriteDiagnostics(io.Discard, cfg, diags, true); err != nil {
			t.Fatal(err)
		}
		for _, diag := range diags {
			if diag.Detail == "" {
				t.Errorf("no detail: %s", diag.Summary)
			}
		}
		if diags.HasErrors() {
			return
		}
		whole := source{name: "a.hcl", text: text, parsed: true}
		if whole.parseAll().HasErrors() {
			t.Fatal("blocks one by one are good, the whole file is not")
		}
		if again, _ := load([]source{whole}, nil, newInterner(), nil, map[string]string{"vip": "192.0.2.1"}, []string{"LDIRECTOR_VAR_ports=[1]"}); dump(again) != dump(cfg) {
			t.Errorf("blocks one by one: %s\nwhole file: %s", dump(cfg), dump(again))
		}
		for _, v := range cfg.Director.VirtualServers {
			for _, k := range v.Keys {
				if k.Addr.IsValid() == (k.FWMark != 0) || k.Canonical() != k {
					t.Errorf("key %+v", k)
				}
			}
			if v.Hidden {
				continue
			}
			if len(v.Keys) == 0 || v.Scheduler == "" || v.Quorum < 1 || v.Hysteresis >= v.Quorum {
				t.Errorf("virtual server %+v", v)
			}
			for _, r := range v.RealServers {
				for _, check := range r.Checks {
					c := check.Spec()
					if c.Timing.Interval <= 0 || c.Timing.Timeout <= 0 || c.Timing.Rise < 1 || c.Target.Addr.Port() == 0 && !slices.Contains(portless, c.Prober.Kind()) {
						t.Errorf("check %+v", c)
					}
				}
			}
		}
		for _, i := range cfg.VRRP.Instances {
			if i.VRID == 0 || i.Priority == 0 || i.AdvertInterval <= 0 || i.Version < 2 || i.IPv6 && i.Version != 3 || len(i.Addresses) != len(i.Master.Addresses) {
				t.Errorf("instance %+v", i)
			}
		}
	})
}
