package script

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/internal/nettest"
)

func TestOutcome(t *testing.T) {
	escaped := filepath.Join(t.TempDir(), "escaped")
	tests := []struct {
		name, text string
		want       Outcome
	}{
		{"silent", "exit 0", Outcome{}},
		{"lines", "echo one; echo two >&2; echo; exit 3", Outcome{Code: 3, First: "one", Last: "two"}},
		{"signal", "kill -ABRT $$", Outcome{Code: -1, Signal: syscall.SIGABRT}},
		{"flood", "echo begin; exec yes", Outcome{Code: -1, Signal: syscall.SIGPIPE, First: "begin", Last: "y", Flooded: true}},
		// It has left the group with the output in hand: nobody waits for it.
		{"escape", "setsid sh -c ': >" + escaped + "; exec sleep 600' & while [ ! -e " + escaped + " ]; do sleep 0.01; done; echo $!; exit 1",
			Outcome{Code: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := run(t.Context(), t, tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if tt.name == "escape" {
				kill(t, got.Last)
				got.First, got.Last = "", ""
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("outcome (-want +got):\n%s", diff)
			}
		})
	}
}

func TestServeTakesAnyOutput(t *testing.T) {
	cmd, err := Account{}.Command([]string{"/bin/sh", "-c", "yes | head -c 3000000; echo; echo end"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Serve(t.Context(), cmd)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Outcome{First: "y", Last: "end"}, got); diff != "" {
		t.Errorf("outcome (-want +got):\n%s", diff)
	}
}

func TestContextEndsTheWholeGroup(t *testing.T) {
	tests := []struct{ name, text string }{
		{"dies of SIGTERM", `sleep 600 & echo $$ $! >PIDS; wait`},
		{"takes SIGTERM for success", `trap 'exit 0' TERM; sleep 600 & echo $$ $! >PIDS; wait`},
		{"ignores SIGTERM", `trap '' TERM; (sleep 600; sleep 600) & echo $$ $! >PIDS; wait; wait; sleep 600`},
		{"leaves the output open", `trap '' TERM; exec sleep 600 & echo $$ $! >PIDS; sleep 600`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			pids := filepath.Join(t.TempDir(), "pids")
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() {
				_, err := run(ctx, t, strings.ReplaceAll(tt.text, "PIDS", pids+".new; mv "+pids+".new "+pids))
				ended <- err
			}()
			nettest.Eventually(t, 10*time.Second, "the script runs", func() error {
				_, err := os.Stat(pids)
				return err
			})
			cancel()
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Errorf("got error %v, want %v", err, context.Canceled)
			}
			for pid := range strings.FieldsSeq(read(t, pids)) {
				expectDead(t, pid)
			}
		})
	}
}

func TestNothingStaysInTheGroup(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pids")
	got, err := run(t.Context(), t, `(trap '' TERM; sleep 600) & echo $! >`+pids+`; echo well`)
	if want := (Outcome{First: "well", Last: "well"}); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	expectDead(t, strings.TrimSpace(read(t, pids)))
}

func TestNothingStartsWhenTheContextIsDone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := run(ctx, t, "exit 0"); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want %v", err, context.Canceled)
	}
}

// helperEnv makes the test binary a program that runs a script and is killed.
const helperEnv = "SCRIPT_TEST_HELPER"

func TestProgramDiesWithThisProcess(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pids")
	if text := os.Getenv(helperEnv); text != "" {
		run(t.Context(), t, text)
		return
	}
	helper := exec.Command(os.Args[0], "-test.run=^TestProgramDiesWithThisProcess$")
	helper.Env = append(os.Environ(), helperEnv+"=echo $$ >"+pids+".new; mv "+pids+".new "+pids+"; exec sleep 600")
	if err := helper.Start(); err != nil {
		t.Fatal(err)
	}
	defer helper.Wait()
	defer helper.Process.Kill()
	nettest.Eventually(t, 10*time.Second, "the script runs", func() error {
		_, err := os.Stat(pids)
		return err
	})
	helper.Process.Kill()
	pid := strings.TrimSpace(read(t, pids))
	nettest.Eventually(t, 10*time.Second, "the script is dead", func() error { return dead(pid) })
}

// In a container this may be process 1, whose children all orphans become.
func TestOrphansAreBuriedByProcessOne(t *testing.T) {
	if os.Getenv(helperEnv) != "" {
		if err := errors.Join(
			syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""),
			syscall.Mount("proc", "/proc", "proc", 0, ""),
		); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"(sleep 600 & sleep 600) & exit 0", "sleep 0 & exit 0"} {
			if _, err := run(t.Context(), t, text); err != nil {
				t.Error(err)
			}
		}
		if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); !errors.Is(err, syscall.ECHILD) {
			t.Errorf("there are children: %d, %v", pid, err)
		}
		return
	}
	nettest.Require(t, nettest.NetNS) // root
	helper := exec.Command(os.Args[0], "-test.run=^TestOrphansAreBuriedByProcessOne$")
	helper.Env = append(os.Environ(), helperEnv+"=1")
	helper.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS}
	if out, err := helper.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestIsLiveMember(t *testing.T) {
	tests := []struct {
		stat string
		want bool
	}{
		{"7 (sh) S 1 42 42 0", true},
		{"7 (a ) Z 1 9) D 1 42 42 0", true},
		{"7 (sh) Z 1 42 42 0", false},
		{"7 (sh) X 1 42 42 0", false},
		{"7 (sh) S 42 7 7 0", false},
		{"7 (sh) S 42", false},
		{"7 (sh)", false},
		{"", false},
	}
	for _, tt := range tests {
		if got := isLiveMember([]byte(tt.stat), 42); got != tt.want {
			t.Errorf("%q: got %v, want %v", tt.stat, got, tt.want)
		}
	}
	if !lives(syscall.Getpgrp()) {
		t.Error("the group of this test is dead")
	}
}

func BenchmarkRun(b *testing.B) {
	cmd, err := Account{}.Command([]string{"true"}, nil)
	if err != nil {
		b.Fatal(err)
	}
	path := cmd.Path
	for b.Loop() {
		cmd, _ := Account{}.Command([]string{path}, nil)
		if _, err := Run(b.Context(), cmd); err != nil {
			b.Fatal(err)
		}
	}
}

// kill ends a process that has escaped.
func kill(t *testing.T, pid string) {
	t.Helper()
	if err := exec.Command("kill", "-KILL", pid).Run(); err != nil {
		t.Errorf("kill %s: %v, want it to live", pid, err)
	}
}

// dead returns an error if a process lives. A zombie does not.
func dead(pid string) error {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err == nil && !strings.Contains(string(stat), ") Z ") {
		return fmt.Errorf("%s", stat)
	}
	return nil
}

func expectDead(t *testing.T, pid string) {
	t.Helper()
	if err := dead(pid); err != nil {
		t.Errorf("a process lives: %v", err)
	}
}
