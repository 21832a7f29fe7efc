package stories

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/test/lab"
)

const (
	vip  = "192.168.25.100"
	web  = vip + ":80"
	soon = 60 * time.Second // for what takes a few seconds, with other tests beside it
)

// TestMain builds the program, unless it is said where it is, and lets more tests
// run at a time than there are processors: they wait for clocks most of the time.
func TestMain(m *testing.M) {
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		_ = flag.Set("test.parallel", "8")
	}
	os.Exit(func() int {
		if os.Getenv("LDIRECTOR_BIN") == "" {
			remove, err := build()
			defer remove()
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
		}
		return m.Run()
	}())
}

// build makes the program and tells the lab where it is.
func build() (remove func(), err error) {
	dir, err := os.MkdirTemp("", "ldirector-stories-")
	remove = func() { _ = os.RemoveAll(dir) }
	if err != nil {
		return remove, err
	}
	bin := filepath.Join(dir, "ldirector")
	cmd := exec.Command("go", "build", "-trimpath", "-o", bin, "../../cmd/ldirector")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return remove, fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return remove, os.Setenv("LDIRECTOR_BIN", bin)
}

// A pair is two hosts with an example, 192.168.25.11 and .12, on a LAN with a
// client, .99.
type pair struct {
	*lab.Lab
	t      *testing.T
	lan    *nettest.LAN
	client *lab.Host
	d1, d2 *node
}

// A node is one of the hosts.
type node struct {
	*lab.Host
	t    *testing.T
	name string // d1 or d2
	dir  string // for files of its own

	run    func() *nettest.Process
	daemon *nettest.Process
}

// newPair makes a pair for a test that needs those programs.
func newPair(t *testing.T, tools ...nettest.Feature) *pair {
	t.Helper()
	t.Parallel()
	nettest.Require(t, append([]nettest.Feature{nettest.NetNS}, tools...)...)
	p := &pair{Lab: lab.New(t), t: t}
	p.lan = p.LAN("lan")
	p.client = p.Host("client", p.lan, "192.168.25.99/24")
	p.d1, p.d2 = p.node(1), p.node(2)
	return p
}

func (p *pair) node(n int) *node {
	name := fmt.Sprint("d", n)
	return &node{Host: p.Host(name, p.lan, fmt.Sprintf("192.168.25.1%d/24", n)), t: p.t, name: name, dir: p.t.TempDir()}
}

// start runs an example on both hosts, on the second one when the first one is
// master. A DIR in a variable is the host's own directory.
func (p *pair) start(example string, vars ...string) {
	p.t.Helper()
	for i, d := range []*node{p.d1, p.d2} {
		args := []string{"--var", fmt.Sprintf("node=%d", i+1)}
		for _, v := range vars {
			args = append(args, "--var", strings.ReplaceAll(v, "DIR", d.dir))
		}
		d.run = func() *nettest.Process { return d.Direct(p.Example(example), args...) }
	}
	p.d1.daemon = p.d1.run()
	p.d1.await("MASTER")
	p.d2.daemon = p.d2.run()
	p.d2.await("BACKUP")
}

// await waits for the states of both hosts.
func (p *pair) await(first, second string) {
	p.t.Helper()
	p.d1.await(first)
	p.d2.await(second)
}

// await waits until the instances have a state and no others, and the addresses
// are here if that is MASTER, and not if it is another.
func (d *node) await(state string) {
	d.t.Helper()
	nettest.Eventually(d.t, soon, d.name+" is "+state, func() error {
		for _, v := range d.status().VRRPInstances {
			if v.State != state || v.HandingOver {
				return fmt.Errorf("%s is %s %v", v.Name, v.State, v.Faults)
			}
			for _, address := range v.Addresses {
				if d.HasAddress(address.String()) != (state == "MASTER") {
					return fmt.Errorf("%s is there: %v", address, state != "MASTER")
				}
			}
		}
		return nil
	})
}

// status asks the daemon.
func (d *node) status() api.Status {
	d.t.Helper()
	out, code := d.Ldirector("status", "--json")
	var st api.Status
	if err := json.Unmarshal([]byte(out), &st); code != 0 || err != nil {
		d.t.Fatalf("status of %s: exit code %d, %v\n%s", d.name, code, err, out)
	}
	return st
}

// instance is the first one.
func (d *node) instance() api.VRRPInstance {
	d.t.Helper()
	return d.status().VRRPInstances[0]
}

// listens waits until the host has heard that many more advertisements: time enough
// to take over, for a backup that was going to.
func (d *node) listens(adverts uint64) {
	d.t.Helper()
	before := d.instance().Counters.AdvertsReceived
	nettest.Eventually(d.t, soon, d.name+" has heard the master", func() error {
		if n := d.instance().Counters.AdvertsReceived - before; n < adverts {
			return fmt.Errorf("%d advertisements", n)
		}
		return nil
	})
}

// write makes a program, or another file, in the host's directory.
func (d *node) write(name, text string) {
	d.t.Helper()
	path := filepath.Join(d.dir, name)
	if err := errors.Join(os.WriteFile(path+".new", []byte(text), 0o755), os.Rename(path+".new", path)); err != nil {
		d.t.Fatal(err)
	}
}

// remove removes such a file.
func (d *node) remove(name string) {
	d.t.Helper()
	if err := os.Remove(filepath.Join(d.dir, name)); err != nil {
		d.t.Fatal(err)
	}
}

// recorder makes a program that writes its arguments as a line to a file beside it.
func (d *node) recorder(name string) {
	d.t.Helper()
	d.write(name, "#!/bin/sh\necho \"$*\" >>"+filepath.Join(d.dir, name+".log")+"\n")
}

// heard waits until a recorder's lines are those.
func (d *node) heard(name string, want ...string) {
	d.t.Helper()
	nettest.Eventually(d.t, soon, fmt.Sprintf("%s of %s has %q", name, d.name, want), func() error {
		text, err := os.ReadFile(filepath.Join(d.dir, name+".log"))
		if got := strings.Split(strings.TrimSpace(string(text)), "\n"); !slices.Equal(got, want) {
			return fmt.Errorf("got %q, %w", got, err)
		}
		return nil
	})
}

// mac returns the MAC address that a namespace has of, or for, an address.
func (d *node) mac() string {
	d.t.Helper()
	return wordAfter(d.Run("ip", "link", "show", "dev", "eth0"), "link/ether")
}

// neighbour is the client's ARP entry of the virtual address.
func (p *pair) neighbour() string {
	p.t.Helper()
	return wordAfter(p.client.Run("ip", "neigh", "show", vip, "dev", "eth0"), "lladdr")
}

// wordAfter returns the word behind another.
func wordAfter(text, before string) string {
	words := strings.Fields(text)
	if i := slices.Index(words, before); i >= 0 && i+1 < len(words) {
		return words[i+1]
	}
	return ""
}
