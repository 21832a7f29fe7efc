package director

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

// fullDisk makes a file system without room. free makes room.
func fullDisk(t *testing.T) (dir string, free func()) {
	t.Helper()
	dir = t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); errors.Is(err, syscall.EPERM) {
		t.Skip("needs root, to mount a tmpfs")
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	filler := filepath.Join(dir, "filler")
	if err := os.WriteFile(filler, make([]byte, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the file system takes a megabyte: %v", err)
	}
	return dir, func() {
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFullDiskHurtsNothingElse: without room for its files the director serves
// and obeys, says what is the matter, and makes up for it when there is room.
func TestFullDiskHurtsNothingElse(t *testing.T) {
	dir, free := fullDisk(t)
	synctest.Test(t, func(t *testing.T) {
		log, text := logBuffer(slog.LevelInfo)
		ledger := FileLedger{Path: filepath.Join(dir, "ipvs.json")}
		memory := FileMemory{Path: filepath.Join(dir, "overrides.json")}
		b := &bench{t: t, kernel: newFakeTable(), checker: &fakeChecker{}, logged: text}
		b.Director = New(services(virtual(1, "1=1 2=1", withoutAlpha)), b.kernel, b.checker, ledger, memory, func(e Event) { b.events = append(b.events, e) }, log)
		b.stop = run(t, b.Director)
		synctest.Wait()
		b.expectTable("TCP 192.0.2.1:80 wrr\n  -> 10.0.0.1:80 DR 1\n  -> 10.0.0.2:80 DR 1\n")
		b.probe("1-")
		if err := b.Override(t.Context(), "web1", server(2), Override{Kind: Drain}); err != nil && !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
		b.expectTable("TCP 192.0.2.1:80 wrr\n  -> 10.0.0.2:80 DR 0\n")
		s := b.Status()
		for name, text := range map[string]string{"ledger": s.LedgerError, "overrides": s.OverridesError} {
			if !strings.Contains(text, "no space left on device") {
				t.Errorf("%s: error %q", name, text)
			}
		}
		if s.Error != "" {
			t.Errorf("error %q of the kernel", s.Error)
		}

		free()
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if s := b.Status(); s.LedgerError != "" || s.OverridesError != "" {
			t.Errorf("with room: ledger %q, overrides %q", s.LedgerError, s.OverridesError)
		}
		keys, err := ledger.Load()
		if err != nil || len(keys) != 1 {
			t.Errorf("the ledger has %v, %v", keys, err)
		}
		orders, err := memory.Load()
		if err != nil || len(orders) != 1 || orders[0].Kind != Drain {
			t.Errorf("the overrides are %v, %v", orders, err)
		}
		if left, err := filepath.Glob(filepath.Join(dir, "*.new")); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
		b.expectStop()
	})
}
