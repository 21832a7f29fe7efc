package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
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
}

func (d fakeDaemon) Status(context.Context) Status          { return d.status }
func (d fakeDaemon) Reload(context.Context) (Reload, error) { return d.reload, d.reloadErr }

// serve runs a server on a socket of its own and returns the socket's path.
func serve(t *testing.T, st Status) string {
	t.Helper()
	return serveDaemon(t, fakeDaemon{status: st})
}

func serveDaemon(t *testing.T, d Daemon) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run", "api.sock")
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	srv := NewServer(d, slog.New(slog.DiscardHandler))
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
		again, err := Listen(path)
		if err != nil {
			t.Fatal(err)
		}
		again.Close()
	})
	t.Run("leaves the socket of a running daemon alone", func(t *testing.T) {
		path := serve(t, Status{})
		if _, err := Listen(path); !errors.Is(err, ErrInUse) {
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
		if _, err := Listen(path); err == nil {
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
					Addr: netip.MustParseAddrPort("192.0.2.31:80"), Forward: ipvs.DR, State: "down",
					ConfiguredWeight: 10, EffectiveWeight: 7,
					Reason: "tcp_check: connection refused", Warning: "ssl_get: certificate expires in 12 days", Since: since, LastProbe: since, Active: 3, Inactive: 4,
				}},
			}},
		},
		[]vrrp.Status{{
			Name: "VI_1", Interface: "eth0", VRID: 51, State: vrrp.Backup, Priority: 90,
			Master: netip.MustParseAddr("192.0.2.1"), Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.100")},
		}},
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
	got, err := json.Marshal(NewStatus(director.Status{}, nil))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"router_id":"","version":"","configuration":{"path":"","loaded":null,"error":""},"table":{"synced":null,"error":"","settings":"","ledger_error":"","repairs":0},"sync_daemon":{"roles":[],"error":""},"virtual_servers":[],"vrrp_instances":[]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
