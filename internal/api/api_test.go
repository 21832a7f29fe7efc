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
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/vrrp"
)

// serve runs a server on a socket of its own and returns the socket's path.
func serve(t *testing.T, st Status) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run", "api.sock")
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	srv := NewServer(func(context.Context) Status { return st }, slog.New(slog.DiscardHandler))
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
				RealServers: []director.RealServerStatus{{
					Addr: netip.MustParseAddrPort("192.0.2.31:80"), Forward: ipvs.DR, State: "down",
					Reason: "tcp_check: connection refused", Since: since, LastProbe: since, Active: 3, Inactive: 4,
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
	want := `{"router_id":"","version":"","table":{"synced":null,"error":"","ledger_error":"","repairs":0},"virtual_servers":[],"vrrp_instances":[]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
