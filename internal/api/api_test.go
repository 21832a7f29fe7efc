package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/internal/plan"
	"github.com/ldirector/ldirector/vrrp"
)

// A fakeDaemon has an answer to everything.
type fakeDaemon struct {
	status    Status
	reload    Reload
	reloadErr error
	command   string // the one that succeeds
	ill       error
}

func (d fakeDaemon) Status(context.Context) Status           { return d.status }
func (d fakeDaemon) Reload(context.Context) (Reload, error)  { return d.reload, d.reloadErr }
func (d fakeDaemon) Plan(context.Context) (plan.Plan, error) { return d.reload.Plan, d.reloadErr }
func (d fakeDaemon) Health() error                           { return d.ill }
func (d fakeDaemon) Override(_ context.Context, virtual, real string, o director.Override) error {
	if !o.Until.IsZero() {
		return d.commanded(fmt.Sprintf("%s %s %s %s", orderText(o), virtual, real, time.Until(o.Until).Round(time.Minute)))
	}
	return d.commanded(fmt.Sprintf("%s %s %s", orderText(o), virtual, real))
}
func (d fakeDaemon) Probes(_ context.Context, virtual, real string) []Probe {
	return []Probe{{Kind: virtual + " " + real}}
}
func (d fakeDaemon) Probe(_ context.Context, virtual, real string) error {
	return d.commanded("probe " + virtual + " " + real)
}
func (d fakeDaemon) Release(_ context.Context, name string) error {
	return d.commanded("release " + name)
}
func (d fakeDaemon) Preempt(_ context.Context, name string) error {
	return d.commanded("preempt " + name)
}
func (d fakeDaemon) SetPriority(_ context.Context, name string, n uint8) error {
	return d.commanded(fmt.Sprintf("priority %s %d", name, n))
}

// commanded succeeds with the one command that the daemon knows.
func (d fakeDaemon) commanded(command string) error {
	if command != d.command {
		return fmt.Errorf("no vrrp_instance: %s", command)
	}
	return nil
}

// serve runs a server on a socket of its own and returns the socket's path.
func serve(t *testing.T, st Status) string {
	t.Helper()
	return serveDaemon(t, fakeDaemon{status: st})
}

func newServer(d Daemon) *Server {
	return NewServer(d, NewEventLog(time.Now()), slog.New(slog.DiscardHandler))
}

func serveDaemon(t *testing.T, d Daemon) string {
	t.Helper()
	return serveServer(t, newServer(d))
}

func serveServer(t *testing.T, srv *Server) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run", "api.sock")
	l, err := Listen(path, "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- srv.Run(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v after its context was done", err)
		}
	})
	return path
}

func TestClientGetsWhatTheServerHas(t *testing.T) {
	since := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	want := Status{
		RouterID: "LVS", Version: "v1",
		VirtualServers: []VirtualServer{{Name: "web", RealServers: []RealServer{{Address: "192.0.2.1:80", Since: &since}}}},
		VRRPInstances:  []VRRPInstance{{Name: "VI_1", Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.100")}}},
	}
	got, err := NewClient(serve(t, want)).Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestVRRPCommands(t *testing.T) {
	for command, send := range map[string]func(*Client) error{
		"release VI 1/a":     func(c *Client) error { return c.Release(t.Context(), "VI 1/a") },
		"preempt VI_1":       func(c *Client) error { return c.Preempt(t.Context(), "VI_1") },
		"priority VI_1 90":   func(c *Client) error { return c.SetPriority(t.Context(), "VI_1", 90) },
		"priority %2F..?x 0": func(c *Client) error { return c.SetPriority(t.Context(), "%2F..?x", 0) },
	} {
		if err := send(NewClient(serveDaemon(t, fakeDaemon{command: command}))); err != nil {
			t.Errorf("%s: %v", command, err)
		}
		if err := send(NewClient(serveDaemon(t, fakeDaemon{}))); err == nil || err.Error() != "no vrrp_instance: "+command {
			t.Errorf("%s: error %v", command, err)
		}
	}
}

func TestPriorityNeedsANumber(t *testing.T) {
	h := newServer(fakeDaemon{}).Handler()
	for _, body := range []string{"", "90", `{"priority": 256}`, `{"priority": -1}`, `{"priority": "` + strings.Repeat("9", maxBody) + `"}`} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPut, "/api/v1/vrrp_instances/VI_1/priority", strings.NewReader(body)))
		if w.Code != http.StatusBadRequest {
			t.Errorf("%.20q: status %d", body, w.Code)
		}
	}
}

func TestReload(t *testing.T) {
	want := Reload{
		Plan: plan.Plan{
			VirtualServers: []plan.VirtualServer{{Action: plan.Delete, Name: "web", Service: "TCP 192.0.2.1:80"}},
			VRRPInstances:  []plan.Instance{{Action: plan.Create, Name: "VI_1"}},
		},
		Problems: []string{"x"},
		Restart:  []string{"global.api.listen"},
	}
	got, err := NewClient(serveDaemon(t, fakeDaemon{reload: want})).Reload(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}

	bad := &ConfigError{Text: "Error: a.hcl:1"}
	_, err = NewClient(serveDaemon(t, fakeDaemon{reloadErr: bad})).Reload(t.Context())
	if got, ok := errors.AsType[*ConfigError](err); !ok || got.Text != bad.Text {
		t.Errorf("bad configuration: %v", err)
	}
	_, err = NewClient(serveDaemon(t, fakeDaemon{reloadErr: errors.New("no socket")})).Reload(t.Context())
	if _, ok := errors.AsType[*ConfigError](err); ok || err == nil || !strings.Contains(err.Error(), "no socket") {
		t.Errorf("failure: %v", err)
	}
}

// A plan is answered and refused as a reload is, but only on the socket.
func TestPlan(t *testing.T) {
	want := plan.Plan{VirtualServers: []plan.VirtualServer{{Action: plan.Delete, Name: "web", Service: "TCP 192.0.2.1:80"}}}
	for _, tt := range []struct {
		daemon fakeDaemon
		code   int
	}{
		{fakeDaemon{reload: Reload{Plan: want}}, http.StatusOK},
		{fakeDaemon{reloadErr: &ConfigError{Text: "Error: a.hcl:1"}}, http.StatusUnprocessableEntity},
		{fakeDaemon{reloadErr: errors.New("no socket")}, http.StatusInternalServerError},
	} {
		w := httptest.NewRecorder()
		newServer(tt.daemon).Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/api/v1/plan", nil))
		var got plan.Plan
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != tt.code {
			t.Errorf("status %d, want %d; %v", w.Code, tt.code, err)
		}
		if diff := cmp.Diff(want, got); tt.code == http.StatusOK && diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		w = httptest.NewRecorder()
		newServer(tt.daemon).ReadOnly().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/api/v1/plan", nil))
		if w.Code != http.StatusNotFound {
			t.Errorf("without the socket: status %d", w.Code)
		}
	}
}

func TestClientErrors(t *testing.T) {
	dir := t.TempDir()
	stale := filepath.Join(dir, "stale.sock")
	l, err := net.Listen("unix", stale)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	l.Close()
	for _, path := range []string{filepath.Join(dir, "missing.sock"), stale} {
		if _, err := NewClient(path).Status(t.Context()); !errors.Is(err, ErrNotRunning) {
			t.Errorf("%s: err = %v, want ErrNotRunning", filepath.Base(path), err)
		}
	}

	strange, err := net.Listen("unix", filepath.Join(dir, "strange.sock"))
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.NotFoundHandler()}
	go srv.Serve(strange)
	t.Cleanup(func() { srv.Close() })
	if _, err := NewClient(strange.Addr().String()).Status(t.Context()); err == nil {
		t.Error("an answer of another program was taken for a status")
	}
}

func TestListen(t *testing.T) {
	t.Run("replaces a socket that nobody answers", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "s")
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		l.(*net.UnixListener).SetUnlinkOnClose(false)
		l.Close()
		again, err := Listen(path, "")
		if err != nil {
			t.Fatal(err)
		}
		again.Close()
	})
	t.Run("leaves the socket of a running daemon alone", func(t *testing.T) {
		path := serve(t, Status{})
		if _, err := Listen(path, ""); !errors.Is(err, ErrInUse) {
			t.Fatalf("err = %v, want ErrInUse", err)
		}
		if _, err := NewClient(path).Status(t.Context()); err != nil {
			t.Errorf("the running one no longer answers: %v", err)
		}
	})
	t.Run("does not remove a file", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "precious")
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Listen(path, ""); err == nil {
			t.Error("no error")
		}
		if _, err := os.Stat(path); err != nil {
			t.Error("the file is gone")
		}
	})
	t.Run("is closed to others", func(t *testing.T) {
		fi, err := os.Stat(serve(t, Status{}))
		if err != nil {
			t.Fatal(err)
		}
		if got := fi.Mode().Perm(); got != 0o660 {
			t.Errorf("mode %o, want 660", got)
		}
	})
}

// The JSON form is a promise to scripts.
func TestStatusJSON(t *testing.T) {
	since := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	st := NewStatus(
		director.Status{
			Synced: since, Drift: 2,
			VirtualServers: []director.VirtualServerStatus{{
				Name: "web", Keys: []ipvs.Key{ipvs.NewKey(ipvs.TCP, netip.MustParseAddrPort("192.0.2.100:80"))}, Scheduler: "wrr", Quorum: 1, QuorumUp: true,
				Hysteresis: 1, LiveWeight: 3, Suspended: true, Contested: true, Repairs: 5, Changed: since, Error: "no scheduler",
				RealServers: []director.RealServerStatus{{
					Addr: netip.MustParseAddrPort("192.0.2.31:80"), Forward: ipvs.DR, State: "drained", Health: "down",
					Override:         &director.Override{Kind: director.Drain, Since: since, Until: since.Add(time.Minute)},
					ConfiguredWeight: 10, EffectiveWeight: 7,
					Reason: "tcp_check: connection refused", Warning: "ssl_get: certificate expires in 12 days", Since: since, LastProbe: since, Active: 3, Inactive: 4,
					Stats: &ipvs.Stats{Connections: 1, PacketsIn: 2, PacketsOut: 3, BytesIn: 4, BytesOut: 5, ConnectionRate: 6, PacketRateIn: 7, PacketRateOut: 8, ByteRateIn: 9, ByteRateOut: 10},
				}},
			}},
		},
		vrrp.Report{
			Routers: []vrrp.Status{{
				Name: "VI_1", Interface: "eth0", VRID: 51, Version: 3, State: vrrp.Fault, Priority: 90,
				Source: netip.MustParseAddr("192.0.2.2"), Master: netip.MustParseAddr("192.0.2.1"), Since: since,
				Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.100")},
				Faults:    []string{"track_script chk_nginx"}, Conflicts: []string{"192.0.2.3 is not heard: bad_version"},
				Handing: true, Released: true, Override: 90,
				Counters: vrrp.Counters{AdvertsSent: 7, Refused: map[vrrp.Refusal]uint64{vrrp.BadVersion: 2}},
			}},
			Groups:  []vrrp.GroupStatus{{Name: "SG", State: vrrp.Backup, Members: []string{"VI_1", "VI_2"}}},
			Foreign: []vrrp.Foreign{{Interface: "eth0", VRID: 7, Source: netip.MustParseAddr("192.0.2.9"), Last: since}},
		},
	)
	got, err := json.MarshalIndent(st, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/status.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestEmptyListsAreLists(t *testing.T) {
	got, err := json.Marshal(NewStatus(director.Status{}, vrrp.Report{}))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"router_id":"","version":"","configuration":{"path":"","loaded":null,"error":"","hash":""},"table":{"synced":null,"error":"","settings":"","counters_error":"","ledger_error":"","overrides_error":"","repairs":0},"sync_daemon":{"roles":[],"error":""},"virtual_servers":[],"vrrp_instances":[],"vrrp_sync_groups":[],"foreign_routers":[],"sinks":[],"http_error":"","vrrp_error":""}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Others may answer routes of their own.
func TestMount(t *testing.T) {
	s := NewServer(fakeDaemon{}, NewEventLog(time.Now()), slog.New(slog.DiscardHandler))
	s.Mount("/metrics", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "42") }))
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK || w.Body.String() != "42" {
		t.Errorf("status %d, %q", w.Code, w.Body)
	}
	w = httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/metrics", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: status %d", w.Code)
	}
}
