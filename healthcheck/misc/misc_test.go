package misc

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/internal/nettest"
)

func TestNewRefusesWhatCannotWork(t *testing.T) {
	tests := []struct {
		config Config
		want   string
	}{
		{Config{}, "names no program"},
		{Config{Command: []string{""}}, "names no program"},
		{Config{Command: []string{"bin/check"}}, "absolute path"},
		{Config{Command: []string{"/bin/check", "a\x00b"}}, "NUL"},
		{Config{Command: []string{"/bin/check"}, Dynamic: true, Nagios: true}, "choose one"},
		{Config{Command: []string{"/bin/check"}, Group: "users"}, "needs a user"},
	}
	for _, tt := range tests {
		p, err := New(tt.config)
		if p != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: got %v, want an error with %q", tt.config, err, tt.want)
		}
	}
}

func TestProbe(t *testing.T) {
	tests := []struct {
		name, text string
		config     Config
		want       healthcheck.Result
		err        string
	}{
		{"good", "echo fine", Config{}, healthcheck.Result{}, ""},
		{"bad", "echo first; echo 'no answer' >&2; exit 1", Config{}, healthcheck.Result{}, "exit status 1: no answer"},
		{"no weight unless dynamic", "exit 10", Config{}, healthcheck.Result{}, "exit status 10"},
		{"weight", "exit 10", Config{Dynamic: true}, weightIs(8), ""},
		{"warning", "echo 'WARNING - slow | time=3'; echo more; exit 1", Config{Nagios: true}, healthcheck.Result{Warning: "WARNING - slow"}, ""},
		{"killed", "kill -KILL $$", Config{}, healthcheck.Result{}, "killed by SIGKILL"},
		{"killed is no weight", "kill -KILL $$", Config{Dynamic: true}, healthcheck.Result{}, "killed by SIGKILL"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.config.Command = []string{program(t, tt.text)}
			p := newProber(t, tt.config)
			if err := p.Prepare(); err != nil {
				t.Fatal(err)
			}
			got, err := p.Probe(t.Context(), target, healthcheck.Up)
			if got != tt.want || text(err) != tt.err {
				t.Errorf("got %+v, %v, want %+v, %q", got, err, tt.want, tt.err)
			}
		})
	}
}

var target = healthcheck.Target{Addr: netip.MustParseAddrPort("[2001:db8::31]:443")}

func TestProgramKnowsWhatIsProbed(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	p := newProber(t, Config{
		Command: []string{program(t, `env | grep -v -e ^_= -e ^SHLVL= -e ^PWD= | cut -d= -f1 >`+out+
			`; echo "$1 $VIP $VPORT $PROTOCOL $RIP $RPORT $STATE" >>`+out), "two words"},
		Env: []string{"VIP=2001:db8::1", "VPORT=80", "PROTOCOL=TCP"},
	})
	t.Setenv("SECRET", "of the daemon")
	if _, err := p.Probe(t.Context(), target, healthcheck.Down); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	for _, name := range lines[:len(lines)-1] {
		if !strings.Contains(" PATH HOME USER LOGNAME VIP VPORT PROTOCOL RIP RPORT STATE ", " "+name+" ") {
			t.Errorf("the program has the variable %s", name)
		}
	}
	want := "two words 2001:db8::1 80 TCP 2001:db8::31 443 down"
	if diff := cmp.Diff(want, lines[len(lines)-1]); diff != "" {
		t.Errorf("what the program knows (-want +got):\n%s", diff)
	}
}

func TestProbeTimesOut(t *testing.T) {
	p := newProber(t, Config{Command: []string{program(t, "trap 'exit 0' TERM; sleep 600 & wait")}})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := p.Probe(ctx, target, healthcheck.Up); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got error %v, want %v", err, context.DeadlineExceeded)
	}
}

func TestProbeFailsClosed(t *testing.T) {
	path := program(t, "exit 0")
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, []byte("#!/bin/sh\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(t.TempDir(), "binary")
	if err := os.WriteFile(binary, []byte{0x7f, 'E', 'L', 'F'}, 0o755); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		config Config
		want   string
		late   bool // not known before the program is run
	}{
		{"missing", Config{Command: []string{path + ".none"}}, path + ".none: no such file or directory", false},
		{"missing in PATH", Config{Command: []string{"no-such-program"}}, "find no-such-program in ", false},
		{"not executable", Config{Command: []string{plain}}, "is not executable", false},
		{"damaged", Config{Command: []string{binary}}, "exec format error", true},
		{"unknown user", Config{Command: []string{path}, User: "no-such-user"}, "unknown user no-such-user", false},
		{"unknown group", Config{Command: []string{path}, User: "root", Group: "no-such-group"}, "unknown group no-such-group", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newProber(t, tt.config)
			if err := p.Prepare(); !tt.late && !strings.Contains(text(err), tt.want) || tt.late && err != nil {
				t.Errorf("Prepare: got error %v, want %q, late %v", err, tt.want, tt.late)
			}
			_, err := p.Probe(t.Context(), target, healthcheck.Up)
			if !strings.Contains(text(err), tt.want) || errors.Is(err, healthcheck.ErrLocal) {
				t.Errorf("Probe: got error %v, want %q about the target", err, tt.want)
			}
		})
	}
}

func TestProgramThatVanishesIsAFailure(t *testing.T) {
	path := program(t, "exit 0")
	p := newProber(t, Config{Command: []string{path}})
	if err := p.Prepare(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	_, err := p.Probe(t.Context(), target, healthcheck.Up)
	if want := path + ": no such file or directory"; text(err) != want {
		t.Errorf("got error %v, want %q", err, want)
	}
}

func TestProgramThatOthersMayChangeIsNotRun(t *testing.T) {
	nettest.Require(t, nettest.NetNS) // root
	path := program(t, "exit 0")
	p := newProber(t, Config{Command: []string{path}})
	if err := p.Prepare(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o777); err != nil {
		t.Fatal(err)
	}
	_, err := p.Probe(t.Context(), target, healthcheck.Up)
	for _, err := range []error{p.Prepare(), err} {
		if !strings.Contains(text(err), "can be changed by others than root") {
			t.Errorf("got error %v, want one about security", err)
		}
	}
}

func TestProgramRunsAsUser(t *testing.T) {
	nettest.Require(t, nettest.NetNS) // root
	p := newProber(t, Config{
		Command: []string{"sh", "-c", `echo "$(id -u) $(id -G) $USER"; exit 1`},
		User:    "nobody", Group: "daemon",
	})
	if err := p.Prepare(); err != nil {
		t.Skip(err)
	}
	_, err := p.Probe(t.Context(), target, healthcheck.Up)
	if want := "exit status 1: 65534 1 nobody"; text(err) != want {
		t.Errorf("got error %v, want %q", err, want)
	}
}

func TestWhatThisHostLacksSaysNothing(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.EAGAIN, syscall.ENOMEM, syscall.EMFILE, syscall.ENFILE, syscall.ETXTBSY} {
		err := classify(fmt.Errorf("start /bin/check: %w", errno))
		if !errors.Is(err, healthcheck.ErrLocal) || !errors.Is(err, errno) {
			t.Errorf("%v: got error %v, want %v", errno, err, healthcheck.ErrLocal)
		}
	}
	for _, err := range []error{syscall.ENOENT, syscall.EACCES, syscall.ENOEXEC, context.DeadlineExceeded} {
		if errors.Is(classify(err), healthcheck.ErrLocal) {
			t.Errorf("%v says nothing about the target, want a failure", err)
		}
	}
}

func newProber(t testing.TB, c Config) *Prober {
	t.Helper()
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// program writes an executable shell script.
func program(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "check")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}
