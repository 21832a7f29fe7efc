package e2e

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/test/lab"
)

const (
	vip  = "192.168.25.100"
	web  = vip + ":80"
	soon = 40 * time.Second // for what takes up to half of it; emulated processors are slow

	// How long a client waits for an answer.
	quick   = 250 * time.Millisecond // to see how long nobody answers
	patient = 10 * time.Second       // to see whether anybody does not
)

// TestMain lets more tests run at a time than there are processors: they wait for
// clocks most of the time.
func TestMain(m *testing.M) {
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		_ = flag.Set("test.parallel", "4")
	}
	os.Exit(m.Run())
}

// A site is one LAN, 192.168.25.0/24, with a client.
type site struct {
	*lab.Lab
	t      *testing.T
	lan    *nettest.LAN
	client *lab.Host
}

func newSite(t *testing.T) *site {
	t.Helper()
	t.Parallel()
	return newQuietSite(t)
}

// newQuietSite is for a test that does something to the whole kernel.
func newQuietSite(t *testing.T) *site {
	t.Helper()
	nettest.Require(t, nettest.NetNS, nettest.IPVS, nettest.Ipvsadm)
	s := &site{Lab: lab.New(t), t: t}
	s.lan = s.LAN("lan")
	s.client = s.Host("client", s.lan, "192.168.25.99/24", "2001:db8:25::99/64")
	return s
}

// director is the host 192.168.25.1N.
func (s *site) director(n int) *lab.Host {
	s.t.Helper()
	return s.Host(fmt.Sprint("d", n), s.lan, fmt.Sprintf("192.168.25.1%d/24", n))
}

// backend is the web server 192.168.25.N and 2001:db8:25::N, called rN, prepared
// with the given arguments of realserver up, if there are any.
func (s *site) backend(n int, prepare ...string) (*lab.Host, *lab.Server) {
	s.t.Helper()
	name := fmt.Sprint("r", n)
	h := s.Host(name, s.lan, fmt.Sprintf("192.168.25.%d/24", n), fmt.Sprintf("2001:db8:25::%d/64", n))
	if len(prepare) > 0 {
		h.Prepare(prepare...)
	}
	return h, h.Serve(":80", name)
}

// webServers are the DR back-ends 31 and 32 of an example.
func (s *site) webServers(config string, args ...string) (first, second *lab.Server) {
	s.t.Helper()
	_, first = s.backend(31, append([]string{"-c", config, "--for", "192.168.25.31"}, args...)...)
	_, second = s.backend(32, append([]string{"-c", config, "--for", "192.168.25.32"}, args...)...)
	return first, second
}

// expect compares how often each server answered with "r31:10 r32:20".
func expect(t *testing.T, got map[string]int, want string) {
	t.Helper()
	if text := strings.Trim(fmt.Sprint(got), "map[]"); text != want {
		t.Errorf("answers: %s, want %s", text, want)
	}
}

// status asks a daemon.
func status(t *testing.T, h *lab.Host) api.Status {
	t.Helper()
	out, code := h.Ldirector("status", "--json")
	var st api.Status
	if err := json.Unmarshal([]byte(out), &st); code != 0 || err != nil {
		t.Fatalf("status: exit code %d, %v\n%s", code, err, out)
	}
	return st
}

// awaitVRRP waits for the state of a daemon's first instance and its idea of
// who is master.
func awaitVRRP(t *testing.T, h *lab.Host, state, master string) {
	t.Helper()
	nettest.Eventually(t, soon, h.Name()+" is "+state, func() error {
		if v := status(t, h).VRRPInstances[0]; v.State != state || v.Master != master {
			return fmt.Errorf("it is %s and sees the master %q, want %q", v.State, v.Master, master)
		}
		return nil
	})
}

// rewrite changes a configuration in place.
func rewrite(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// reload makes a daemon read its configuration again and returns what it says.
func reload(t *testing.T, h *lab.Host) string {
	t.Helper()
	out, code := h.Ldirector("reload")
	if code != 0 {
		t.Errorf("reload: exit code %d\n%s", code, out)
	}
	return out
}

// contains checks for pieces of a text.
func contains(t *testing.T, what, text string, pieces ...string) {
	t.Helper()
	for _, piece := range pieces {
		if !strings.Contains(text, piece) {
			t.Errorf("%s: want %q in\n%s", what, piece, text)
		}
	}
}

// awaitScheduled waits until the kernel has counted n connections of a service or
// real server, which it adds up every two seconds.
func awaitScheduled(t *testing.T, h *lab.Host, address string, n int) {
	t.Helper()
	nettest.Eventually(t, soon, fmt.Sprintf("%d connections to %s", n, address), func() error {
		table := h.Run("ipvsadm", "-Ln", "--stats", "--exact")
		for line := range strings.Lines(table) {
			f := strings.Fields(line)
			if len(f) < 3 || f[1] != address {
				continue
			}
			if counted, err := strconv.Atoi(f[2]); err != nil || counted >= n {
				return err
			}
		}
		return errors.New(table)
	})
}

// stop ends a daemon as systemd does; it must end well.
func stop(t *testing.T, p *nettest.Process) {
	t.Helper()
	if err := p.Stop(20 * time.Second); err != nil {
		t.Errorf("stop: %v\n%s", err, p.Output())
	}
}

// crash ends a daemon with SIGKILL.
func crash(t *testing.T, p *nettest.Process) {
	t.Helper()
	if err := p.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-p.Done()
}
