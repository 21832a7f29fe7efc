package lab

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
)

// A Lab has hosts and LANs, which live as long as its test.
type Lab struct {
	tb   nettest.TB
	root string // of the repository
	bin  string
}

// New returns an empty lab. The built program is expected at LDIRECTOR_BIN or,
// without that, at bin/ldirector of the repository that the working directory
// is in.
func New(tb nettest.TB) *Lab {
	tb.Helper()
	l := &Lab{tb: tb, root: repository(tb), bin: os.Getenv("LDIRECTOR_BIN")}
	if l.bin == "" {
		l.bin = filepath.Join(l.root, "bin", "ldirector")
	}
	if _, err := os.Stat(l.bin); err != nil {
		tb.Fatalf("the built program is missing (make build makes it): %v", err)
	}
	return l
}

// repository finds the directory with go.mod.
func repository(tb nettest.TB) string {
	dir, err := os.Getwd()
	for ; err == nil && dir != "/"; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	tb.Fatalf("no go.mod above the working directory (%v)", err)
	return ""
}

// Example returns the path of a file in examples/.
func (l *Lab) Example(name string) string { return filepath.Join(l.root, "examples", name) }

// Program returns the path of the built program.
func (l *Lab) Program() string { return l.bin }

// LAN returns a new network.
func (l *Lab) LAN(name string) *nettest.LAN { return nettest.NewLAN(l.tb, name) }

// File writes a configuration for this test alone and returns its path.
func (l *Lab) File(text string) string {
	l.tb.Helper()
	path := filepath.Join(l.tempDir(), "ldirector.hcl")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		l.tb.Fatalf("write configuration: %v", err)
	}
	return path
}

func (l *Lab) tempDir() string {
	l.tb.Helper()
	dir, err := os.MkdirTemp("", "ldirector-lab-")
	if err != nil {
		l.tb.Fatalf("make a directory: %v", err)
	}
	l.tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// A Host is a machine of the lab.
type Host struct {
	*nettest.Namespace
	lab   *Lab
	bin   string // the program
	state string // its /run/ldirector

	lan  *nettest.LAN
	port *nettest.Port // of eth0
}

// Host returns a new machine with an interface eth0 on the LAN.
func (l *Lab) Host(name string, lan *nettest.LAN, prefixes ...string) *Host {
	l.tb.Helper()
	h := &Host{Namespace: nettest.New(l.tb, name), lab: l, bin: l.bin, state: filepath.Join(l.tempDir(), "run")}
	h.lan, h.port = lan, h.Plug(lan, "eth0", prefixes...)
	return h
}

// Port is the switch's end of the cable of eth0.
func (h *Host) Port() string { return h.port.Name }

// Vanish cuts the host off its LAN without its noticing, as when a switch dies
// or the whole machine does.
func (h *Host) Vanish() { h.lan.Cut(h.port) }

// Unplug pulls the cable of eth0: the host loses its carrier.
func (h *Host) Unplug() { h.lan.Unplug(h.port) }

// Return undoes Vanish and Unplug.
func (h *Host) Return() { h.lan.Restore(h.port) }

// Plug gives the host another interface.
func (h *Host) Plug(lan *nettest.LAN, ifname string, prefixes ...string) *nettest.Port {
	h.lab.tb.Helper()
	var parsed []netip.Prefix
	for _, p := range prefixes {
		parsed = append(parsed, netip.MustParsePrefix(p))
	}
	return lan.Connect(h.Namespace, ifname, parsed...)
}

// Forward makes the host a router.
func (h *Host) Forward() { h.Run("sysctl", "-qw", "net.ipv4.ip_forward=1") }

// StateDir is where the host's daemon keeps socket and ledger.
func (h *Host) StateDir() string { return h.state }

// Use installs another program on the host.
func (h *Host) Use(program string) { h.bin = program }

// Direct starts "ldirector run" and returns when its API answers.
func (h *Host) Direct(config string, args ...string) *nettest.Process {
	h.lab.tb.Helper()
	p := h.Start(h.program(append([]string{"run", "-c", config}, args...)...))
	nettest.Eventually(h.lab.tb, 20*time.Second, "ldirector answers on "+h.Name(), func() error {
		select {
		case <-p.Done():
			return fmt.Errorf("it ended: %s", p.Output())
		default:
		}
		if out, code := h.Ldirector("status"); code != 0 {
			return errors.New(out)
		}
		return nil
	})
	return p
}

// Ldirector runs a command of the program to its end and returns all it
// printed, and its exit code.
func (h *Host) Ldirector(args ...string) (out string, code int) {
	h.lab.tb.Helper()
	const limit = time.Minute
	var text bytes.Buffer
	cmd := h.program(args...)
	cmd.Stdout, cmd.Stderr = &text, &text
	err := cmd.Start()
	if err == nil {
		timer := time.AfterFunc(limit, func() { _ = cmd.Process.Kill() })
		err = cmd.Wait()
		if !timer.Stop() {
			h.lab.tb.Fatalf("ldirector %s did not end within %v\n%s", strings.Join(args, " "), limit, text.String())
		}
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return text.String(), exit.ExitCode()
	}
	if err != nil {
		h.lab.tb.Fatalf("ldirector %s: %v", strings.Join(args, " "), err)
	}
	return text.String(), 0
}

func (h *Host) program(args ...string) *exec.Cmd {
	return h.Command(h.bin, append(args, "--state-dir", h.state)...)
}

// Prepare makes the host a back-end with "ldirector realserver up".
func (h *Host) Prepare(args ...string) {
	h.lab.tb.Helper()
	if out, code := h.Ldirector(append([]string{"realserver", "up"}, args...)...); code != 0 {
		h.lab.tb.Fatalf("realserver up on %s: %s", h.Name(), out)
	}
}

// Table is the host's IPVS table as "ipvsadm -Sn" writes it, lines sorted.
func (h *Host) Table() string {
	h.lab.tb.Helper()
	return tidy(h.Run("ipvsadm", "-Sn"))
}

// AwaitTable waits until Table is want.
func (h *Host) AwaitTable(timeout time.Duration, want string) {
	h.lab.tb.Helper()
	want = tidy(want)
	nettest.Eventually(h.lab.tb, timeout, "the table of "+h.Name(), func() error {
		if got := h.Table(); got != want {
			return fmt.Errorf("got\n%s\nwant\n%s", got, want)
		}
		return nil
	})
}

// tidy brings a table, as ipvsadm or a test writes it, into the form of Table.
func tidy(table string) string {
	var lines []string
	for line := range strings.Lines(table) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// HasAddress reports whether the host has the address.
func (h *Host) HasAddress(addr string) bool {
	h.lab.tb.Helper()
	return strings.Contains(h.Run("ip", "-o", "address", "show"), " "+addr+"/")
}

// AwaitAddress waits until the host has the address, or has not.
func (h *Host) AwaitAddress(timeout time.Duration, addr string, want bool) {
	h.lab.tb.Helper()
	nettest.Eventually(h.lab.tb, timeout, fmt.Sprintf("%s on %s: %v", addr, h.Name(), want), func() error {
		if got := h.HasAddress(addr); got != want {
			return fmt.Errorf("it is %v", got)
		}
		return nil
	})
}
