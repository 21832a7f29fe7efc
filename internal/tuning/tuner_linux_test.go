package tuning

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ldirector/ldirector/director/ipvs"
)

// A fakeKernel has timeouts in seconds by name.
type fakeKernel struct {
	values map[string]int64
	err    error
	before func() // a write
}

func newFakeKernel() *fakeKernel {
	return &fakeKernel{values: map[string]int64{tcpTimeout: 900, tcpFinTimeout: 120, udpTimeout: 300}}
}

func (k *fakeKernel) Timeouts(context.Context) (ipvs.Timeouts, error) {
	var t ipvs.Timeouts
	for _, name := range []string{tcpTimeout, tcpFinTimeout, udpTimeout} {
		one, _ := timeout(name, k.values[name])
		t.TCP, t.TCPFin, t.UDP = t.TCP+one.TCP, t.TCPFin+one.TCPFin, t.UDP+one.UDP
	}
	return t, k.err
}

func (k *fakeKernel) SetTimeouts(_ context.Context, t ipvs.Timeouts) error {
	if k.before != nil {
		k.before()
	}
	if k.err != nil {
		return k.err
	}
	for name, value := range timeoutValues(t) {
		if value != 0 {
			k.values[name] = value
		}
	}
	return nil
}

// A host is a fake kernel with sysctls in a directory.
type host struct {
	t      *testing.T
	kernel *fakeKernel
	cfg    Config
	log    bytes.Buffer
}

func newHost(t *testing.T) *host {
	h := &host{t: t, kernel: newFakeKernel(), cfg: Config{SysctlDir: t.TempDir(), Record: filepath.Join(t.TempDir(), "run", "tuning.json")}}
	for _, name := range []string{"expire_nodest_conn", "sloppy_tcp", "drop_entry"} {
		h.set(name, "0")
	}
	return h
}

func (h *host) set(sysctl, value string) {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(h.cfg.SysctlDir, sysctl), []byte(value+"\n"), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// String returns all that is not as it was in the beginning.
func (h *host) String() string {
	var lines []string
	for _, name := range []string{tcpTimeout, tcpFinTimeout, udpTimeout} {
		if v := h.kernel.values[name]; v != newFakeKernel().values[name] {
			lines = append(lines, name+"="+strconv.FormatInt(v, 10))
		}
	}
	files, err := os.ReadDir(h.cfg.SysctlDir)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(h.cfg.SysctlDir, f.Name()))
		if err != nil {
			h.t.Fatal(err)
		}
		if v := strings.TrimSpace(string(data)); v != "0" {
			lines = append(lines, f.Name()+"="+v)
		}
	}
	if _, err := os.Stat(h.cfg.Record); err == nil {
		lines = append(lines, "recorded")
	}
	return strings.Join(lines, " ")
}

// tuner returns a new tuner, as after a restart.
func (h *host) tuner() *Tuner {
	return New(h.cfg, h.kernel, slog.New(slog.NewTextHandler(&h.log, &slog.HandlerOptions{Level: slog.LevelWarn})))
}

func (h *host) apply(s Settings) {
	h.t.Helper()
	differences, err := h.tuner().Diff(h.t.Context(), s)
	if err != nil {
		h.t.Fatal(err)
	}
	before := h.String()
	if err := h.tuner().Apply(h.t.Context(), s); err != nil {
		h.t.Fatal(err)
	}
	values := func(s string) string { return strings.TrimSuffix(strings.TrimSuffix(s, "recorded"), " ") }
	if changed := values(before) != values(h.String()); changed != (len(differences) > 0) {
		h.t.Errorf("Diff said %v, and %q became %q", differences, before, h)
	}
	if differences, err := h.tuner().Diff(h.t.Context(), s); len(differences) > 0 || err != nil {
		h.t.Errorf("Diff after Apply: %v, %v", differences, err)
	}
}

func (h *host) restore() {
	h.t.Helper()
	if err := h.tuner().Restore(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

func (h *host) is(want string) {
	h.t.Helper()
	if got := h.String(); got != want {
		h.t.Errorf("got %q, want %q", got, want)
	}
}

func sysctls(pairs map[string]int64) Settings { return Settings{Sysctl: pairs} }

func TestReloadsAndRestore(t *testing.T) {
	h := newHost(t)
	h.restore()
	h.is("")
	h.apply(Settings{
		Timeouts: ipvs.Timeouts{TCP: time.Hour, UDP: 1500 * time.Millisecond},
		Sysctl:   map[string]int64{"expire_nodest_conn": 1, "sloppy_tcp": 0},
	})
	h.is("tcp_timeout=3600 udp_timeout=2 expire_nodest_conn=1 recorded")
	h.apply(Settings{Timeouts: ipvs.Timeouts{TCP: 2 * time.Hour}, Sysctl: map[string]int64{"sloppy_tcp": 1}})
	h.is("tcp_timeout=7200 sloppy_tcp=1 recorded")
	h.apply(sysctls(map[string]int64{"sloppy_tcp": 1}))
	h.is("sloppy_tcp=1 recorded")
	h.apply(Settings{})
	h.is("")
	h.apply(Settings{Timeouts: ipvs.Timeouts{TCPFin: time.Minute}})
	h.restore()
	h.is("")
	if h.log.Len() > 0 {
		t.Errorf("log\n%s", &h.log)
	}
}

func TestSysctlsOfInterfaces(t *testing.T) {
	h := newHost(t)
	h.cfg.SysctlDir = filepath.Join(h.cfg.SysctlDir, "vs") // conf is beside it
	conf := filepath.Join(filepath.Dir(h.cfg.SysctlDir), "conf", "eth0.5")
	for _, dir := range []string{h.cfg.SysctlDir, conf} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	h.set("../conf/eth0.5/rp_filter", "1")
	expect := func(want string) {
		t.Helper()
		if got, err := os.ReadFile(filepath.Join(conf, "rp_filter")); string(got) != want+"\n" {
			t.Errorf("rp_filter is %q (%v), want %q", got, err, want)
		}
	}
	if err := h.tuner().Apply(t.Context(), Settings{Interfaces: map[string]int64{"eth0.5/rp_filter": 2}}); err != nil {
		t.Fatal(err)
	}
	expect("2")
	h.restore()
	expect("1")
	for _, name := range []string{"eth0.5", "../x", "eth0/../rp_filter", "/rp_filter", ""} {
		if err := h.tuner().Apply(t.Context(), Settings{Interfaces: map[string]int64{name: 1}}); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestDiffNamesValues(t *testing.T) {
	h := newHost(t)
	h.apply(sysctls(map[string]int64{"sloppy_tcp": 1}))
	got, err := h.tuner().Diff(t.Context(), Settings{Timeouts: ipvs.Timeouts{TCP: time.Hour}, Sysctl: map[string]int64{"expire_nodest_conn": 1, "more": 1}})
	want := []Difference{
		{"net.ipv4.vs.expire_nodest_conn", "0", "1"},
		{"tcp_timeout", "15m0s", "1h0m0s"},
		{"net.ipv4.vs.sloppy_tcp", "1", "0"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want one about a missing sysctl", err)
	}
}

func TestValuesOfOthers(t *testing.T) {
	h := newHost(t)
	h.apply(Settings{Timeouts: ipvs.Timeouts{TCP: time.Hour}, Sysctl: map[string]int64{"expire_nodest_conn": 1, "sloppy_tcp": 1, "drop_entry": 1}})
	h.kernel.values[tcpTimeout] = 5
	h.set("expire_nodest_conn", "7")
	h.set("drop_entry", "2") // the kernel does so by itself
	h.apply(Settings{Timeouts: ipvs.Timeouts{TCP: time.Hour}, Sysctl: map[string]int64{"expire_nodest_conn": 1, "sloppy_tcp": 1, "drop_entry": 1}})
	h.is("tcp_timeout=3600 drop_entry=2 expire_nodest_conn=1 sloppy_tcp=1 recorded")
	h.kernel.values[tcpTimeout] = 5
	h.set("expire_nodest_conn", "7")
	h.restore()
	h.is("tcp_timeout=5 expire_nodest_conn=7")
	for _, want := range []string{"setting=tcp_timeout original=15m0s", "setting=net.ipv4.vs.expire_nodest_conn original=0"} {
		if !strings.Contains(h.log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, &h.log)
		}
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(*host)
		sysctl  string
		want    []string
	}{
		{"missing", func(*host) {}, "expire_nodest", []string{"net.ipv4.vs.expire_nodest", "the kernel " + release(), "see what there is"}},
		{"no module", func(h *host) { h.cfg.SysctlDir += "/none" }, "sloppy_tcp", []string{"net.ipv4.vs.sloppy_tcp", "modprobe ip_vs"}},
		{"two numbers", func(h *host) { h.set("sync_threshold", "3\t50") }, "sync_threshold", []string{`net.ipv4.vs.sync_threshold holds "3\t50"`, "sysctl.d"}},
		{"path", func(*host) {}, "../ip_forward", []string{`"../ip_forward" is not the name of a sysctl below net.ipv4.vs`}},
		{"no record", func(h *host) { h.cfg.Record = h.cfg.SysctlDir + "/sloppy_tcp/record" }, "sloppy_tcp", []string{"original IPVS settings"}},
		{"broken record", func(h *host) { h.cfg.Record = h.cfg.SysctlDir + "/sloppy_tcp"; h.set("sloppy_tcp", "[") }, "drop_entry", []string{"remove the file"}},
		{"no timeouts", func(h *host) { h.kernel.err = errors.New("no answer") }, "drop_entry", []string{"no answer"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHost(t)
			tt.prepare(h)
			err := h.tuner().Apply(t.Context(), Settings{
				Timeouts: ipvs.Timeouts{TCP: time.Hour},
				Sysctl:   map[string]int64{"expire_nodest_conn": 1, tt.sysctl: 1},
			})
			for _, want := range tt.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v\nlacks %q", err, want)
				}
			}
			if v := h.kernel.values[tcpTimeout]; v != 900 {
				t.Errorf("the kernel was changed: tcp_timeout=%d", v)
			}
		})
	}
}

func TestAFailedWriteLeavesTheOthers(t *testing.T) {
	h := newHost(t)
	h.apply(Settings{Timeouts: ipvs.Timeouts{UDP: time.Hour}})
	h.kernel.before = func() { h.kernel.err = errors.New("refused") }
	all := Settings{Timeouts: ipvs.Timeouts{TCP: time.Hour, UDP: time.Minute}, Sysctl: map[string]int64{"sloppy_tcp": 1}}
	err := h.tuner().Apply(t.Context(), all)
	if err == nil || strings.Count(err.Error(), "refused") != 2 {
		t.Errorf("error %v, want two", err)
	}
	h.is("udp_timeout=3600 sloppy_tcp=1 recorded")
	h.kernel.before, h.kernel.err = nil, nil
	h.restore()
	h.is("")
}

// When a recorded sysctl is gone with its module, the rest is restored.
func TestASysctlThatIsGoneIsForgotten(t *testing.T) {
	h := newHost(t)
	h.set("lblc_expiration", "0")
	h.apply(sysctls(map[string]int64{"lblc_expiration": 5, "sloppy_tcp": 1}))
	if err := os.Remove(filepath.Join(h.cfg.SysctlDir, "lblc_expiration")); err != nil {
		t.Fatal(err)
	}
	h.restore()
	h.is("")
}

func TestContextEnds(t *testing.T) {
	h := newHost(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.tuner().Apply(ctx, sysctls(map[string]int64{"sloppy_tcp": 1})); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	h.is("")
}

// Whatever is set, and wherever the process dies, what is restored in the end is
// what was there in the beginning.
func TestOriginalsSurviveCrashes(t *testing.T) {
	type crash struct{}
	record := filepath.Join(t.TempDir(), "tuning.json")
	rapid.Check(t, func(t *rapid.T) {
		_ = os.Remove(record)
		kernel := newFakeKernel()
		tuner := func() *Tuner {
			return New(Config{SysctlDir: "/nonexistent", Record: record}, kernel, slog.New(slog.DiscardHandler))
		}
		seconds := func(name string) time.Duration {
			return time.Duration(rapid.IntRange(0, 3).Draw(t, name)) * time.Second
		}
		for range rapid.IntRange(1, 6).Draw(t, "starts") {
			writes := rapid.IntRange(0, 5).Draw(t, "writes before the crash")
			kernel.before = func() {
				if writes--; writes < 0 {
					panic(crash{})
				}
			}
			s := Settings{Timeouts: ipvs.Timeouts{TCP: seconds("tcp"), TCPFin: seconds("tcpfin"), UDP: seconds("udp")}}
			func() {
				defer func() {
					if r := recover(); r != nil && r != (crash{}) {
						panic(r)
					}
				}()
				if err := tuner().Apply(context.Background(), s); err != nil {
					t.Fatal(err)
				}
			}()
		}
		kernel.before = nil
		if err := tuner().Restore(context.Background()); err != nil {
			t.Fatal(err)
		}
		if want := newFakeKernel().values; !maps.Equal(kernel.values, want) {
			t.Fatalf("restored %v, want %v", kernel.values, want)
		}
		if _, err := os.Stat(record); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("the file is left: %v", err)
		}
	})
}
