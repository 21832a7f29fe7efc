package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
)

const (
	patience = 2 * time.Minute      // for anything that is waited for
	look     = 5 * time.Millisecond // between two looks at the table
)

// A director is a program that runs in a namespace of its own, and is looked
// at from outside.
type director struct {
	b       *bench
	site    site
	dir     string // for its own files
	ns      *nettest.Namespace
	process *nettest.Process
	seen    *observer
	started time.Time
}

// launch starts a program and notes when; nothing lies between but exec.
func (b *bench) launch(c *contender) *director {
	d := &director{b: b, site: c.site, dir: b.tempDir(), ns: nettest.New(b, "director")}
	if c.site.probed {
		b.must(answerProbes(b, d.ns))
	}
	var err error
	d.seen, err = newObserver(d.ns)
	b.must(err)
	b.Cleanup(d.seen.close)
	b.settle()
	b.must(d.ns.Do(func() error {
		cmd := exec.Command(c.program, c.args(d.dir)...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		d.started = time.Now()
		d.process = d.ns.Start(cmd)
		return nil
	}))
	return d
}

// awaitTable waits until the table is full and returns the time since the start.
func (d *director) awaitTable() time.Duration {
	s := d.site
	last := s.address(s.services - 1)
	return d.await("a full table", d.started, func() (bool, error) {
		n, err := d.seen.destinations(last)
		if err != nil || n < s.servers {
			return false, err
		}
		entries, err := countEntries(d.ns) // only now, as it is expensive
		return entries == s.entries(), err
	})
}

// awaitWeight waits until the last real server has a weight and returns the
// time since the given moment.
func (d *director) awaitWeight(since time.Time, weight int) time.Duration {
	s := d.site
	service, server := s.address(s.services-1), s.server(s.services-1, s.servers-1)
	return d.await("the changed weight", since, func() (bool, error) {
		n, err := d.seen.weight(service, s.servers, server)
		return n == weight, err
	})
}

// await looks again and again. What counts is the moment when the look begins
// that finds what is waited for.
func (d *director) await(what string, since time.Time, there func() (bool, error)) time.Duration {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		took := time.Since(since)
		ok, err := there()
		d.b.must(err)
		if ok {
			return took
		}
		if took > patience {
			d.b.Fatalf("no %s after %v", what, patience)
		}
		select {
		case <-d.process.Done():
			d.b.Fatalf("the program ended before there was %s: %s", what, d.process.Output())
		case <-tick.C:
		}
	}
}

// memory returns the resident memory in MiB, now and at its highest, of the
// program and its children.
func (d *director) memory() (now, highest float64) {
	pids := strings.Fields(d.children())
	for _, pid := range append(pids, strconv.Itoa(d.process.Pid())) {
		text, err := os.ReadFile(filepath.Join("/proc", pid, "status"))
		d.b.must(err)
		now += kilobytes(string(text), "VmRSS:") / 1024
		highest += kilobytes(string(text), "VmHWM:") / 1024
	}
	return now, highest
}

func (d *director) children() string {
	pid := strconv.Itoa(d.process.Pid())
	text, err := os.ReadFile(filepath.Join("/proc", pid, "task", pid, "children"))
	d.b.must(err)
	return string(text)
}

// kilobytes finds a line such as "VmRSS:   1234 kB".
func kilobytes(status, name string) float64 {
	_, rest, _ := strings.Cut(status, name)
	var n float64
	_, _ = fmt.Sscanf(rest, "%f kB", &n)
	return n
}

// answerProbes makes one socket accept connections to every real server.
func answerProbes(b *bench, ns *nettest.Namespace) error {
	ns.Run("ip", "route", "add", "local", "172.16.0.0/12", "dev", "lo")
	return ns.Do(func() error {
		l, err := net.Listen("tcp4", ":80")
		if err != nil {
			return err
		}
		b.Cleanup(func() { _ = l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_ = c.Close()
			}
		}()
		return nil
	})
}
