package vrrp

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/nettest"
)

// A tracked is something that a virtual router depends on.
type tracked struct {
	kind, name  string
	block, body string // that define it; an interface needs none
	down, up    func()
}

// trackers are what the node's virtual router can depend on. All of it is up.
func trackers(t *testing.T, n *node) []tracked {
	t.Helper()
	dir := t.TempDir()
	flag, number := filepath.Join(dir, "flag"), filepath.Join(dir, "number")
	write(t, flag, "")
	n.Plug(n.site.lans[0], "eth9")
	process := newProcess(t, n, dir)
	process.begin()
	return []tracked{
		{
			kind: "track_interface", name: "eth9",
			down: func() { n.Run("ip", "link", "set", "eth9", "down") },
			up:   func() { n.Run("ip", "link", "set", "eth9", "up") },
		},
		{
			kind: "track_script", name: "flag",
			block: "vrrp_script", body: fmt.Sprintf("script = [\"/usr/bin/test\", \"-e\", %q]\n interval = \"100ms\"\n timeout = \"20s\"", flag),
			down: func() { remove(t, flag) }, up: func() { write(t, flag, "") },
		},
		{
			kind: "track_file", name: "number",
			block: "track_file", body: fmt.Sprintf("file = %q", number),
			down: func() { write(t, number, "1") }, up: func() { remove(t, number) },
		},
		{
			kind: "track_process", name: "program",
			block: "vrrp_track_process", body: fmt.Sprintf("process = %q", process.name),
			down: process.end, up: process.begin,
		},
		{
			kind: "track_check", name: "gateway",
			block: "track_check", body: "ping_check { connect_ip = \"10.99.1.99\" }\n delay_loop = \"100ms\"\n retry = 0",
			down: n.site.client.Vanish, up: n.site.client.Return,
		},
	}
}

// remove removes a file.
func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Error(err)
	}
}

// A process on a node has a name of its own.
type process struct {
	n    *node
	path string
	name string
	run  *nettest.Process
}

func newProcess(t *testing.T, n *node, dir string) *process {
	t.Helper()
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	p := &process{n: n, name: fmt.Sprint("ldt-", time.Now().UnixNano()%1e9)}
	p.path = filepath.Join(dir, p.name)
	if err := os.Symlink(sleep, p.path); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *process) begin() { p.run = p.n.Start(p.n.Command(p.path, "600")) }
func (p *process) end()   { p.run.Kill() }

func TestTrackers(t *testing.T) {
	for _, weight := range []int{0, -30} {
		t.Run(fmt.Sprint("weight ", weight), func(t *testing.T) {
			n := newNode(t, &ours{})
			all := trackers(t, n)
			o := n.daemon.(*ours)
			for _, tr := range all {
				o.instance += fmt.Sprintf("%s = [\"%s weight %d\"]\n", tr.kind, tr.name, weight)
				if tr.block != "" {
					o.more += fmt.Sprintf("%s %q {\n %s\n}\n", tr.block, tr.name, tr.body)
				}
			}
			n.start()
			n.awaitMaster(nil)
			for _, tr := range all {
				tr.down()
				n.await(tr.kind+" is down", func(v api.VRRPInstance) bool {
					if weight != 0 {
						return v.State == "MASTER" && v.Priority == 120
					}
					return v.State == "FAULT" && strings.Contains(strings.Join(v.Faults, " "), tr.name)
				})
				tr.up()
				n.await(tr.kind+" is up", func(v api.VRRPInstance) bool { return v.State == "MASTER" && v.Priority == 150 })
			}
		})
	}
}

// Until a tracker is known the virtual router waits.
func TestWaitsForTrackers(t *testing.T) {
	goOn := filepath.Join(t.TempDir(), "go")
	n := newNode(t, &ours{
		instance: `track_script = ["wait"]`,
		more: fmt.Sprintf("vrrp_script \"wait\" {\n script = [\"/bin/sh\", \"-c\", \"until [ -e %s ]; do sleep 0.1; done\"]\n"+
			" interval = \"60s\"\n}", goOn),
	})
	n.start()
	n.await("waits", func(v api.VRRPInstance) bool {
		return v.State == "INIT" && strings.Contains(v.Waiting, "wait")
	})
	write(t, goOn, "")
	n.awaitMaster(nil)
}

func TestTrackedPriorityMoves(t *testing.T) {
	file := filepath.Join(t.TempDir(), "number")
	track := fmt.Sprintf("track_file \"number\" {\n file = %q\n weight = -1\n}", file)
	_, preferred, other := newPair(t, tempo, &ours{instance: `track_file = ["number"]`, more: track}, &ours{})
	write(t, file, "60")
	other.awaitMaster(preferred)
	write(t, file, "40")
	preferred.awaitMaster(other)
}

func TestStartupDelay(t *testing.T) {
	const delay = 2 * time.Second
	n := newNode(t, &ours{more: fmt.Sprintf("global { vrrp_startup_delay = %q }", delay)})
	began := time.Now()
	n.start()
	n.awaitMaster(nil)
	v, err := n.instance()
	if err != nil || v.Since.Sub(began) < delay {
		t.Errorf("it is master since %v after its start, want at least %v (%v)", v.Since.Sub(began), delay, err)
	}
}
