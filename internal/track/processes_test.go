package track

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/nettest"
)

// A watch is a processes under test.
type watch struct {
	processes

	mu sync.Mutex
	up map[string]bool
}

// watchProcesses runs a watch until the test ends.
func watchProcesses(t *testing.T, open func() (*connector, error), log *slog.Logger) *watch {
	t.Helper()
	w := &watch{}
	w.processes = processes{proc: "/proc", open: open, report: w.note, log: log, sets: make(chan []Process, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return w
}

func (w *watch) note(up map[string]bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.up = up
}

func (w *watch) expect(t *testing.T, want string) {
	t.Helper()
	nettest.Eventually(t, 20*time.Second, want, func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if got := fmt.Sprint(w.up); got != want {
			return errors.New(got)
		}
		return nil
	})
}

// copyProgram copies a program to a name that no other process on this host has.
func copyProgram(t *testing.T, from, name string) string {
	t.Helper()
	content, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	// A child of another test would hold the file open for writing until it
	// becomes another program; a program that is being written cannot run.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, content, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestProcessesComeAndGo(t *testing.T) {
	tests := []struct {
		name string
		open func(t *testing.T) func() (*connector, error)
	}{
		{"told", func(t *testing.T) func() (*connector, error) {
			c := connect(t)
			return func() (*connector, error) { return c, nil }
		}},
		{"looked for", func(*testing.T) func() (*connector, error) {
			return func() (*connector, error) { return nil, errors.New("no connector") }
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			open := tt.open(t)
			name := fmt.Sprintf("ld%d%s", os.Getpid(), tt.name[:2])
			path := copyProgram(t, "/bin/sleep", name)
			w := watchProcesses(t, open, slog.New(slog.DiscardHandler))
			first := start(t, path, "600")
			w.sets <- []Process{
				{Name: "one", Command: []string{name}, Quorum: 1},
				{Name: "two", Command: []string{name}, Quorum: 2},
				{Name: "none", Command: []string{name}},
				{Name: "path", Command: []string{path, "60"}, Match: MatchInitial, Quorum: 1},
				{Name: "exact", Command: []string{name, "700"}, Match: MatchExact, Quorum: 1},
			}
			w.expect(t, "map[exact:false none:false one:true path:true two:false]")
			// A shell that becomes the program, and a child of another one.
			second := start(t, "/bin/sh", "-c", "exec "+path+" 700")
			w.expect(t, "map[exact:true none:false one:true path:true two:true]")
			first()
			w.expect(t, "map[exact:true none:false one:true path:false two:false]")
			second()
			w.expect(t, "map[exact:false none:true one:false path:false two:false]")
		})
	}
}

// start runs a program; stop kills it.
func start(t *testing.T, path string, args ...string) (stop func()) {
	t.Helper()
	cmd := exec.Command(path, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(stop)
	return stop
}

func TestProcessThatChangesItsName(t *testing.T) {
	c := connect(t)
	w := watchProcesses(t, func() (*connector, error) { return c, nil }, slog.New(slog.DiscardHandler))
	before, after := fmt.Sprintf("ldb%d", os.Getpid()), fmt.Sprintf("lda%d", os.Getpid())
	w.sets <- []Process{
		{Name: "before", Command: []string{before}, Quorum: 1},
		{Name: "after", Command: []string{after}, Quorum: 1},
	}
	w.expect(t, "map[after:false before:false]")
	cmd := exec.Command("/bin/sh", "-c", "printf "+before+" >/proc/$$/comm; read x; printf "+after+" >/proc/$$/comm; read x")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.expect(t, "map[after:false before:true]")
	if _, err := io.WriteString(in, "\n"); err != nil {
		t.Fatal(err)
	}
	w.expect(t, "map[after:true before:false]")
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // with the status of read
	w.expect(t, "map[after:false before:false]")
}

func TestEventsThatGotLost(t *testing.T) {
	c := connect(t)
	w := watchProcesses(t, func() (*connector, error) { return c, nil }, slog.New(slog.DiscardHandler))
	name := fmt.Sprintf("ldl%d", os.Getpid())
	path := copyProgram(t, "/bin/sleep", name)
	w.sets <- []Process{{Name: "one", Command: []string{name}, Quorum: 1}}
	w.expect(t, "map[one:false]")
	// The events of this process are those that nobody hears.
	stopHearing(t, c)
	stop := start(t, path, "600")
	w.heard <- heard{err: errLost}
	w.expect(t, "map[one:true]")
	stop()
	w.heard <- heard{err: errors.New("the connector broke")}
	w.expect(t, "map[one:false]")
	start(t, path, "600")
	w.expect(t, "map[one:true]")
}

// stopHearing leaves the group of those who hear events.
func stopHearing(t *testing.T, c *connector) {
	t.Helper()
	var err error
	if ctlErr := c.raw.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.SOL_NETLINK, unix.NETLINK_DROP_MEMBERSHIP, cnIdxProc)
	}); ctlErr != nil || err != nil {
		t.Fatal(ctlErr, err)
	}
}

func TestNothingToTrackCostsNothing(t *testing.T) {
	opened, closed := make(chan struct{}), make(chan struct{})
	c := connect(t)
	w := watchProcesses(t, func() (*connector, error) { opened <- struct{}{}; return c, nil }, slog.New(slog.DiscardHandler))
	select {
	case <-opened:
		t.Fatal("the connector is open")
	default:
	}
	w.sets <- []Process{{Name: "init", Command: []string{"none"}, Quorum: 1}}
	<-opened
	w.expect(t, "map[init:false]")
	w.sets <- nil
	go func() {
		defer close(closed)
		for {
			if _, err := c.read(); err != nil && !errors.Is(err, errLost) {
				return
			}
		}
	}()
	select {
	case <-closed:
	case <-time.After(20 * time.Second):
		t.Fatal("the connector is still open")
	}
}

func TestWithoutConnectorTheLogSaysSoOnce(t *testing.T) {
	var log bytes.Buffer
	w := watchProcesses(t, func() (*connector, error) { return nil, errors.New("no connector") }, slog.New(slog.NewTextHandler(&log, nil)))
	w.sets <- []Process{{Name: "a", Command: []string{"none"}, Quorum: 1}}
	w.expect(t, "map[a:false]")
	w.sets <- []Process{{Name: "b", Command: []string{"none"}, Quorum: 1}}
	w.expect(t, "map[b:false]")
	if got := strings.Count(log.String(), "once a second"); got != 1 {
		t.Errorf("%d lines, want one:\n%s", got, log.String())
	}
}
