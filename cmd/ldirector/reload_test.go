package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/config"
	"github.com/ldirector/ldirector/internal/nettest"
)

// A host runs a daemon that has nothing to do with IPVS, so that any kernel
// will do.
type host struct {
	t     *testing.T
	ns    *nettest.Namespace
	dir   string
	state string
}

func newHost(t *testing.T) *host {
	t.Helper()
	nettest.Require(t, nettest.NetNS)
	h := &host{t: t, ns: nettest.New(t, "reload"), dir: t.TempDir(), state: t.TempDir()}
	h.ns.Run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth1")
	h.ns.Run("ip", "link", "set", "eth0", "up")
	h.ns.Run("ip", "link", "set", "eth1", "up")
	h.ns.Run("ip", "address", "add", "192.0.2.1/24", "dev", "eth0")
	return h
}

// write replaces the configuration.
func (h *host) write(text string) {
	h.t.Helper()
	if err := os.WriteFile(h.config(), []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

func (h *host) config() string { return filepath.Join(h.dir, "a.hcl") }

// play is one command of the program.
func (h *host) play(args ...string) *exec.Cmd {
	cmd := h.ns.Command(os.Args[0], append(args, "-c", h.config(), "--state-dir", h.state)...)
	cmd.Env = append(os.Environ(), "PLAY_LDIRECTOR=1")
	return cmd
}

// says runs a command and looks for words in what it prints.
func (h *host) says(code int, words string, args ...string) {
	h.t.Helper()
	cmd := h.play(args...)
	out, _ := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != code || !strings.Contains(string(out), words) {
		h.t.Errorf("%v: exit code %d, want %d and %q in\n%s", args, got, code, words, out)
	}
}

// awaitStatus waits until status prints the words.
func (h *host) awaitStatus(words string) {
	h.t.Helper()
	nettest.Eventually(h.t, 20*time.Second, words, func() error {
		out, err := h.play("status").CombinedOutput()
		if err != nil || !strings.Contains(string(out), words) {
			return fmt.Errorf("%w\n%s", err, out)
		}
		return nil
	})
}

// instance is a VRRP instance.
func instance(name string, id int, more string) string {
	return fmt.Sprintf(`vrrp_instance %q {
  interface = "eth0"
  virtual_router_id = %d
  version = 3
  advert_int = "100ms"
  virtual_ipaddress = ["192.0.2.%d/24"]
  %s
}
`, name, id, id, more)
}

func TestReloadOfInstances(t *testing.T) {
	h := newHost(t)
	h.write(instance("VI_1", 101, ""))
	daemon := h.ns.Start(h.play("run"))
	h.awaitStatus("VI_1           MASTER")

	h.write(instance("VI_1", 101, `notify_backup = ["/bin/true"]`) + instance("VI_2", 102, ""))
	h.says(0, `+ vrrp_instance "VI_2"`, "reload")
	h.awaitStatus("VI_2           MASTER")
	h.write(instance("VI_1", 101, "priority = 90") + instance("VI_2", 102, ""))
	h.says(0, `~ vrrp_instance "VI_1"`, "reload")
	h.awaitStatus("VI_1           MASTER  90")
	h.write(instance("VI_2", 102, ""))
	h.says(0, `- vrrp_instance "VI_1"`, "reload")
	h.says(0, "Nothing to change", "reload")

	changes := strings.Join(changesOf(daemon.Output()), "\n")
	if want := `VI_1 INIT BACKUP
VI_1 BACKUP MASTER
VI_2 INIT BACKUP
VI_2 BACKUP MASTER
VI_1 MASTER INIT`; changes != want {
		t.Errorf("changes of state:\n%s\nwant\n%s", changes, want)
	}
}

// changesOf returns instance, old and new state of each change in a log.
func changesOf(log string) []string {
	var changes []string
	for line := range strings.Lines(log) {
		if !strings.Contains(line, `msg="state changed"`) {
			continue
		}
		var words []string
		for field := range strings.FieldsSeq(line) {
			name, value, _ := strings.Cut(field, "=")
			if name == "instance" || name == "from" || name == "to" {
				words = append(words, value)
			}
		}
		changes = append(changes, strings.Join(words, " "))
	}
	return changes
}

// What cannot be done as a whole is not done at all.
func TestReloadRefuses(t *testing.T) {
	h := newHost(t)
	good := instance("VI_1", 101, "")
	h.write(good)
	daemon := h.ns.Start(h.play("run"))
	h.awaitStatus("VI_1           MASTER")

	h.write(good + "nonsense {}")
	h.says(1, "a.hcl line", "reload")
	h.says(0, "THE LAST RELOAD WAS REFUSED", "status")
	h.write(good + "global {\n  script_user = \"nobody\"\n  log { level = \"debug\" }\n}\n")
	h.says(0, "global.script_user acts after a restart only", "reload")

	if err := daemon.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	nettest.Eventually(t, 20*time.Second, "the signal loads the configuration", func() error {
		if n := strings.Count(daemon.Output(), "configuration loaded"); n != 2 {
			return fmt.Errorf("loaded %d times\n%s", n, daemon.Output())
		}
		return nil
	})
	if got := len(changesOf(daemon.Output())); got != 2 {
		t.Errorf("%d changes of state, want that to backup and to master alone\n%s", got, daemon.Output())
	}
}

func TestNeedRestart(t *testing.T) {
	was, now := &config.Config{}, &config.Config{}
	if names := needRestart(was, now); len(names) != 0 {
		t.Errorf("nothing changed, but: %q", names)
	}
	now.Global = config.Global{RouterID: "a", ScriptUser: "b", API: "unix:/c", Log: config.Log{Format: "json"}}
	if names := needRestart(was, now); len(names) != 4 {
		t.Errorf("got %q", names)
	}
}
