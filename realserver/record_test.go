package realserver

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestRecordSurvives(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "state.json")
	r, err := openRecord(path, true)
	if err != nil {
		t.Fatal(err)
	}
	a := netip.MustParseAddr("192.0.2.1")
	r.VIPs = []vip{{a, true}}
	r.Addresses = []place{{"lo", a}}
	r.Sysctls = []sysctl{{"net/ipv4/conf/all/arp_ignore", "0", "1"}}
	r.Tunnels = []tunnel{{"tunl0", true}}
	if err := r.save(); err != nil {
		t.Fatal(err)
	}
	r.close()
	got, err := openRecord(path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer got.close()
	equate := cmp.Options{
		cmp.AllowUnexported(record{}), cmpopts.IgnoreFields(record{}, "lock"),
		cmpopts.EquateComparable(netip.Addr{}),
	}
	if diff := cmp.Diff(r, got, equate); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	*got = record{path: path, lock: got.lock}
	if err := got.save(); err != nil {
		t.Fatal(err)
	}
	wantNoRecord(t, Config{StateFile: path})
}

func TestRecordIsLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	first, err := openRecord(path, true)
	if err != nil {
		t.Fatal(err)
	}
	opened := make(chan error)
	go func() {
		second, err := openRecord(path, true)
		if err == nil {
			second.close()
		}
		opened <- err
	}()
	select {
	case err := <-opened:
		t.Errorf("opened by two at once: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	first.close()
	if err := <-opened; err != nil {
		t.Error(err)
	}
}

func TestRecordErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := openRecord(filepath.Join(dir, "absent", "state.json"), false); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent directory: %v", err)
	}
	path := filepath.Join(dir, "state.json")
	for _, text := range []string{"", "{", `{"virtual_addresses": 7}`, `{"virtual_addresses": [{"address": "nonsense"}]}`} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		h := newFakeHost()
		cfg := Config{StateFile: path}.with("192.0.2.1")
		_, statusErr := Status(h, cfg)
		for _, err := range []error{Up(h, cfg), Down(h, cfg), statusErr} {
			if err == nil || !strings.HasPrefix(err.Error(), "read "+path+": ") {
				t.Errorf("state file %q: %v", text, err)
			}
		}
		if h.changes > 0 {
			t.Errorf("state file %q: changes %q, want none", text, h.log)
		}
	}
}

// What cannot be remembered is not done.
func TestUpNeedsRecord(t *testing.T) {
	cfg := newConfig(t, "192.0.2.1")
	if err := os.MkdirAll(cfg.StateFile+".new", 0o700); err != nil { // in the way of the file
		t.Fatal(err)
	}
	h := newFakeHost()
	if err := Up(h, cfg); err == nil || h.changes > 0 {
		t.Errorf("up: %v, changes %q; want an error and no change", err, h.log)
	}
}
