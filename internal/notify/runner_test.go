package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/internal/nettest"
)

func TestCommandsRunInOrder(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	// The first ones take longest: run at the same time they would end in reverse.
	path := shell(t, dir, `sleep 0.0$2; echo "$1 $2" >>`+out)
	n := New(Config{}, discard())
	stop := start(t, n)
	var want string
	for i := 5; i > 0; i-- {
		n.Send(Event{Object: "VI_1", Command: []string{path, "step", strconv.Itoa(i)}})
		want += fmt.Sprintf("step %d\n", i)
	}
	stop()
	if diff := cmp.Diff(want, read(t, out)); diff != "" {
		t.Errorf("order of the commands (-want +got):\n%s", diff)
	}
}

func TestFailureIsLoggedWithTheLastLine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	noShebang := filepath.Join(dir, "text")
	if err := os.WriteFile(noShebang, []byte("hello\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		command []string
		want    string
	}{
		{"exit status", []string{shell(t, dir, "echo first; echo 'it broke' >&2; echo; exit 3")},
			`err="exit status 3" output="it broke"`},
		{"missing", []string{dir + "/none"}, "no such file or directory"},
		{"no program", []string{noShebang}, "exec format error"},
		{"time-out", []string{shell(t, dir, "echo waiting; sleep 600")}, `err="killed after 3s" output=waiting`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			r := runner{timeout: 3 * time.Second, log: slog.New(slog.NewTextHandler(&log, nil))}
			r.run(t.Context(), Event{Object: "VI_1", Command: tt.command})
			if got := log.String(); !strings.Contains(got, tt.want) || !strings.Contains(got, "object=VI_1") {
				t.Errorf("log %q, want it to contain %q", got, tt.want)
			}
		})
	}
}

func TestTimeoutKillsTheWholeProcessGroup(t *testing.T) {
	t.Parallel()
	pids := filepath.Join(t.TempDir(), "pids")
	path := shell(t, t.TempDir(), `trap '' TERM; (sleep 600 & echo $! >>`+pids+`; wait) & echo $$ $! >>`+pids+`; wait`)
	r := runner{timeout: 3 * time.Second, log: discard()}
	start := time.Now()
	_, err := r.execute(t.Context(), Event{Command: []string{path}})
	if err == nil || err.Error() != "killed after 3s" {
		t.Errorf("got error %v, want one about the time", err)
	}
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("returned after %v, want about 3s", d)
	}
	fields := strings.Fields(read(t, pids))
	if len(fields) != 3 {
		t.Fatalf("the script started %q, want three processes", fields)
	}
	for _, field := range fields {
		awaitGone(t, field)
	}
}

func TestProcessesLeftBehindGoOn(t *testing.T) {
	dir := t.TempDir()
	fifo, out := filepath.Join(dir, "fifo"), filepath.Join(dir, "out")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	// The child inherits the output, waits for a sign and must be able to write then.
	path := shell(t, dir, `(read x <`+fifo+`; echo late && echo wrote >`+out+`) & echo done`)
	ctx, cancel := context.WithCancel(t.Context())
	r := runner{timeout: time.Minute, log: discard()}
	output, err := r.execute(ctx, Event{Command: []string{path}})
	if err != nil || output != "done" {
		t.Errorf("got output %q, error %v, want that of the script alone", output, err)
	}
	if err := os.WriteFile(fifo, []byte("go\n"), 0); err != nil {
		t.Fatal(err)
	}
	nettest.Eventually(t, 10*time.Second, "the child has written", func() error {
		_, err := os.Stat(out)
		return err
	})
	cancel()
	r.readers.Wait()
}

func TestReadersEndWithTheNotifier(t *testing.T) {
	pid := filepath.Join(t.TempDir(), "pid")
	path := shell(t, t.TempDir(), `sleep 600 & echo $! >`+pid)
	n := New(Config{}, discard())
	stop := start(t, n)
	n.Send(Event{Object: "VI_1", Command: []string{path}})
	stop() // must not wait for sleep, which holds the output
	child, err := strconv.Atoi(strings.TrimSpace(read(t, pid)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(child, syscall.SIGKILL); err != nil {
		t.Errorf("kill what the command left behind: %v, want it to live", err)
	}
}

func TestExitKillsWhatDoesNotEnd(t *testing.T) {
	pid := filepath.Join(t.TempDir(), "pid")
	path := shell(t, t.TempDir(), `echo $$ >`+pid+`; echo stuck; exec sleep 600`)
	var log bytes.Buffer
	n := New(Config{Drain: time.Second}, slog.New(slog.NewTextHandler(&log, nil)))
	stop := start(t, n)
	n.Send(Event{Object: "VI_1", Command: []string{path}})
	nettest.Eventually(t, 10*time.Second, "the command runs", func() error {
		b, err := os.ReadFile(pid)
		if err == nil && !bytes.HasSuffix(b, []byte("\n")) {
			err = errors.New("no pid yet")
		}
		return err
	})
	stop()
	awaitGone(t, strings.TrimSpace(read(t, pid)))
	if !strings.Contains(log.String(), `err="killed at exit"`) {
		t.Errorf("log %q, want it to say what was killed", log.String())
	}
}

func TestCommandRunsAsUser(t *testing.T) {
	nettest.Require(t, nettest.NetNS) // root
	out := filepath.Join("/var/tmp", fmt.Sprintf("ldirector-notify-%d", os.Getpid()))
	if err := os.WriteFile(out, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(out) })
	if err := os.Chmod(out, 0o666); err != nil {
		t.Fatal(err)
	}
	n := New(Config{User: "nobody"}, slog.New(slog.NewTextHandler(&testLog{t: t}, nil)))
	stop := start(t, n)
	n.Send(Event{Object: "VI_1", Command: []string{"/bin/sh", "-c",
		`echo "$(id -un) $(id -u):$(id -g) groups $(id -G), $USER; $(grep ^CapEff /proc/self/status)" >` + out}})
	stop()
	want := fmt.Sprintf("nobody %s groups %[2]s, nobody; CapEff:\t0000000000000000\n",
		id(t, "-u")+":"+id(t, "-g"), id(t, "-G"))
	if diff := cmp.Diff(want, read(t, out)); diff != "" {
		t.Errorf("identity of the command (-want +got):\n%s", diff)
	}
}

// id returns what id(1) knows of the user nobody.
func id(t *testing.T, option string) string {
	t.Helper()
	out, err := exec.Command("id", option, "nobody").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// start runs n; stop ends it and waits until it has returned.
func start(t *testing.T, n *Notifier) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	return func() {
		t.Helper()
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run returned %v, want nil", err)
			}
		case <-time.After(time.Minute):
			t.Fatal("Run did not return within a minute")
		}
	}
}

// shell writes an executable shell script.
func shell(t *testing.T, dir, text string) string {
	t.Helper()
	// A child of another test would hold the file open for writing until it
	// becomes another program; a program that is being written cannot run.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	f, err := os.CreateTemp(dir, "script-*")
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString("#!/bin/sh\n" + text + "\n")
	if err := errors.Join(err, f.Chmod(0o755), f.Close()); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// awaitGone waits until a process is gone, or dead and not yet buried.
func awaitGone(t *testing.T, pid string) {
	t.Helper()
	nettest.Eventually(t, 10*time.Second, "process "+pid+" is gone", func() error {
		stat, err := os.ReadFile("/proc/" + pid + "/stat")
		if err == nil && !strings.Contains(string(stat), ") Z ") {
			return fmt.Errorf("%s", stat)
		}
		return nil
	})
}

// testLog is a writer to the test's log.
type testLog struct {
	mu sync.Mutex
	t  *testing.T
}

func (l *testLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.t.Logf("%s", p)
	return len(p), nil
}
