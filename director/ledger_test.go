package director

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/ldirector/ldirector/director/ipvs"
)

var _ Ledger = FileLedger{}

func TestFileLedgerRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run", "ldirector", "services.json")
	l := FileLedger{Path: path}
	if keys, err := l.Load(); err != nil || keys != nil {
		t.Fatalf("a missing ledger has %v, %v", keys, err)
	}
	want := []ipvs.Key{
		key(1),
		ipvs.NewKey(ipvs.UDP, netip.MustParseAddrPort("[2001:db8::1]:53")),
		ipvs.NewKey(ipvs.TCP, netip.MustParseAddrPort("192.0.2.7:0")),
		ipvs.NewMarkKey(7, ipvs.INET6),
	}
	for range 2 { // the second time there is something to replace
		if err := l.Save(want); err != nil {
			t.Fatal(err)
		}
	}
	got, err := l.Load()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
		t.Errorf("loaded (-want +got):\n%s", diff)
	}
	checkMode(t, path, 0o600)
	checkMode(t, filepath.Dir(path), fs.ModeDir|0o755)

	if err := l.Save(nil); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 0 {
		t.Errorf("an empty ledger leaves %v", entries)
	}
	if err := l.Save(nil); err != nil {
		t.Errorf("empty an empty ledger: %v", err)
	}
}

func checkMode(t *testing.T, path string, want fs.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != want {
		t.Errorf("%s has mode %v, want %v", path, info.Mode(), want)
	}
}

// The file outlives upgrades, so its form is fixed.
func TestFileLedgerForm(t *testing.T) {
	path := filepath.Join(t.TempDir(), "services.json")
	if err := (FileLedger{Path: path}).Save([]ipvs.Key{key(1), ipvs.NewMarkKey(7, ipvs.INET)}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"services":[{"address":"192.0.2.1","port":80,"protocol":6,"family":2},{"fwmark":7,"family":2}]}` + "\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
}

func TestFileLedgerCorrupt(t *testing.T) {
	for name, text := range map[string]string{
		"empty":           "",
		"cut":             `{"services":[{"address":"192.0.2.1","po`,
		"other type":      `{"services":7}`,
		"no address":      `{"services":[{"port":80,"protocol":6,"family":2}]}`,
		"no protocol":     `{"services":[{"address":"192.0.2.1","port":80,"family":2}]}`,
		"no family":       `{"services":[{"fwmark":7}]}`,
		"wrong family":    `{"services":[{"address":"192.0.2.1","port":80,"protocol":6,"family":10}]}`,
		"mark of address": `{"services":[{"address":"192.0.2.1","fwmark":7,"family":2}]}`,
		"bad address":     `{"services":[{"address":"192.0.2.300","port":80,"protocol":6,"family":2}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "services.json")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := FileLedger{Path: path}.Load()
			if !errors.Is(err, ErrLedgerCorrupt) {
				t.Fatalf("error is %v, want ErrLedgerCorrupt", err)
			}
			for _, word := range []string{path, "delete the file"} {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("error %q does not say %q", err, word)
				}
			}
		})
	}
}

func TestFileLedgerUnwritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l := FileLedger{Path: filepath.Join(file, "services.json")} // below a file
	if err := l.Save([]ipvs.Key{key(1)}); err == nil {
		t.Error("saved below a file")
	}
	if _, err := l.Load(); err == nil || errors.Is(err, ErrLedgerCorrupt) {
		t.Errorf("loaded from below a file: %v", err)
	}
}
