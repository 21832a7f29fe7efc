package docs

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
)

// soon is the time for what takes up to a quarter of it; emulated processors are
// slow.
const soon = 2 * time.Minute

// pause is the time between two looks: each starts some programs.
const pause = 500 * time.Millisecond

// addresses are those of the machines that the documents speak of.
var addresses = map[string]string{
	"director1": "192.168.25.11/24",
	"director2": "192.168.25.12/24",
	"backend1":  "192.168.25.31/24",
	"backend2":  "192.168.25.32/24",
	"client":    "192.168.25.99/24",
}

// A machine has namespaces and a copy of the host's files of its own.
type machine struct {
	*nettest.Namespace
	t       *testing.T
	name    string
	systemd bool
	port    *nettest.Port
	unshare *nettest.Process
	init    int // pid of its first process
}

// boot starts a machine, with systemd or without, and with a program as
// /usr/bin/ldirector if it is not "".
func boot(t *testing.T, lan *nettest.LAN, name, program string, systemd bool) *machine {
	t.Helper()
	m := &machine{Namespace: nettest.New(t, name), t: t, name: name, systemd: systemd}
	m.port = lan.Connect(m.Namespace, "eth0", netip.MustParsePrefix(addresses[name]))
	script, err := filepath.Abs("boot")
	if err != nil {
		t.Fatal(err)
	}
	kind := "plain"
	if systemd {
		kind = "systemd"
	}
	m.unshare = m.Start(m.Command(script, name, kind, program))
	return m
}

// awaitUp waits until the machine has booted.
func (m *machine) awaitUp() {
	m.t.Helper()
	nettest.Eventually(m.t, 2*soon, m.name+" is up", func() error {
		select {
		case <-m.unshare.Done():
			m.t.Fatalf("%s does not come up: %s", m.name, m.unshare.Output())
		default:
		}
		if m.init = firstProcess(m.unshare.Pid()); m.init == 0 {
			return errors.New("no first process")
		}
		return nil
	})
	if m.systemd {
		m.await("systemctl is-active basic.target || true", "\nactive\n")
	}
}

// firstProcess is the child of unshare(1), 0 if there is none that is in its own
// root yet.
func firstProcess(unshare int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", unshare, unshare))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	if _, err := os.Stat(fmt.Sprintf("/proc/%d/root/etc/machine-is-ready", pid)); err != nil {
		return 0
	}
	return pid
}

// run runs a shell script to its end and returns what it printed, and its exit
// code. What it leaves running in the background goes on.
func (m *machine) run(script string) (out string, code int, err error) {
	const limit = 3 * time.Minute
	cmd := exec.Command("nsenter", "--target", strconv.Itoa(m.init), "--all", "--root", "--wd", "bash", "-e", "-c", "cd\n"+script)
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"}
	var text bytes.Buffer
	cmd.Stdout, cmd.Stderr = &text, &text
	cmd.WaitDelay = time.Second // what goes on may have our output open
	if err := cmd.Start(); err != nil {
		return "", 0, fmt.Errorf("on %s: %w", m.name, err)
	}
	timer := time.AfterFunc(limit, func() { _ = cmd.Process.Kill() })
	err = cmd.Wait()
	if !timer.Stop() {
		return "", 0, fmt.Errorf("on %s this did not end within %v: %s\n%s", m.name, limit, script, text.String())
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return text.String(), exit.ExitCode(), nil
	}
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil
	}
	return text.String(), 0, err
}

// await runs a script, twice a second, until it prints all of the words.
func (m *machine) await(script string, words ...string) {
	m.t.Helper()
	for begin := time.Now(); ; time.Sleep(pause) {
		out, _, err := m.run(script)
		if err != nil {
			m.t.Fatal(err)
		}
		if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains("\n"+out, word) }) {
			return
		}
		if time.Since(begin) > soon {
			m.t.Fatalf("on %s %q is to print %q, but prints\n%s", m.name, script, words, out)
		}
	}
}

// receive puts a file into the home of root.
func (m *machine) receive(file string) {
	m.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		m.t.Fatal(err)
	}
	m.write(filepath.Join("/root", filepath.Base(file)), string(text))
}

// write writes a file on the machine.
func (m *machine) write(path, text string) {
	m.t.Helper()
	full := filepath.Join(fmt.Sprintf("/proc/%d/root", m.init), path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
		m.t.Fatal(err)
	}
}
