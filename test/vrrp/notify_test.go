package vrrp

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/nettest"
)

// reader collects the lines of a FIFO.
type reader struct {
	t     *testing.T
	mu    sync.Mutex
	lines []string
}

func newReader(t *testing.T, path string) *reader {
	t.Helper()
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0) // there is never an end
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	r := &reader{t: t}
	go func() {
		for lines := bufio.NewScanner(f); lines.Scan(); {
			r.mu.Lock()
			r.lines = append(r.lines, lines.Text())
			r.mu.Unlock()
		}
	}()
	return r
}

// await waits for a line.
func (r *reader) await(want string) {
	r.t.Helper()
	nettest.Eventually(r.t, soon, "the FIFO has "+want, func() error {
		r.mu.Lock()
		defer r.mu.Unlock()
		if !slices.Contains(r.lines, want) {
			return fmt.Errorf("it has\n%s", strings.Join(r.lines, "\n"))
		}
		return nil
	})
}

// Scripts of an instance and of its group run in order with keepalived's arguments, and the FIFO has keepalived's lines.
func TestNotify(t *testing.T) {
	instance, group, gone := newScribe(t), newScribe(t), newScribe(t)
	n, fault := faulty(t, `
		notify         = `+instance.command("")+`
		notify_master  = `+instance.command("we are master")+`
		notify_backup  = `+instance.command("we are backup")+`
		notify_fault   = `+instance.command("we are in fault")+`
		notify_stop    = `+instance.command("we stop")+`
		notify_deleted = `+instance.command("we are deleted"), "")
	fifo := filepath.Join(t.TempDir(), "fifo")
	lines := newReader(t, fifo)
	o := n.daemon.(*ours)
	o.more += fmt.Sprintf(`
		global { vrrp_notify_fifo = %q }
		vrrp_sync_group "SG" {
		  group         = ["VI_1"]
		  notify        = %s
		  notify_master = %s
		}`, fifo, group.command(""), group.command("all are master"))
	n.start()
	n.awaitMaster(nil)
	write(t, fault, "1")
	n.awaitGone() // or it would go on as master
	write(t, fault, "0")
	n.awaitMaster(nil)
	n.reload(strings.NewReplacer("VI_1", "VI_2", "virtual_router_id = 51", "virtual_router_id = 52",
		"10.99.1.100", "10.99.1.120", instance.script, gone.script).Replace(o.config(n)))
	instance.hears(`we are backup
INSTANCE VI_1 BACKUP 150
we are master
INSTANCE VI_1 MASTER 150
we are in fault
INSTANCE VI_1 FAULT 150
we are backup
INSTANCE VI_1 BACKUP 150
we are master
INSTANCE VI_1 MASTER 150
we are deleted
INSTANCE VI_1 DELETED 150
`)
	group.hears(`GROUP SG BACKUP 0
all are master
GROUP SG MASTER 0
GROUP SG FAULT 0
GROUP SG BACKUP 0
all are master
GROUP SG MASTER 0
`)
	n.awaitState("MASTER") // VI_2
	n.stop()
	gone.hears(`we are backup
INSTANCE VI_2 BACKUP 150
we are master
INSTANCE VI_2 MASTER 150
we stop
INSTANCE VI_2 STOP 150
`)
	for _, want := range []string{
		`INSTANCE "VI_1" BACKUP 150`, `INSTANCE "VI_1" MASTER 150`, `INSTANCE "VI_1" FAULT 150`, `GROUP "SG" MASTER 0`,
		`INSTANCE "VI_1" DELETED 150`, `INSTANCE "VI_2" STOP 150`,
	} {
		lines.await(want)
	}
}
