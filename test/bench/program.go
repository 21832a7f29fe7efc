package main

import (
	"errors"
	"fmt"
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
	farm    *farm // the real servers, if they are asked
}

// launch starts a program and notes when; nothing lies between but exec.
func (b *bench) launch(c *contender) *director {
	d := &director{b: b, site: c.site, dir: b.tempDir(), ns: nettest.New(b, "director")}
	if c.site.probing != (probing{}) {
		d.farm = newFarm(b, d.ns, c.site.probing, c.site.mortalAddr())
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
	for _, pid := range d.pids() {
		text, err := os.ReadFile(filepath.Join("/proc", pid, "status"))
		d.b.must(err)
		now += kilobytes(string(text), "VmRSS:") / 1024
		highest += kilobytes(string(text), "VmHWM:") / 1024
	}
	return now, highest
}

// memoryParts says what the program's own resident memory consists of.
func (d *director) memoryParts() string {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(d.process.Pid()), "status"))
	d.b.must(err)
	return fmt.Sprintf("%.1f of its own, %.1f of files",
		kilobytes(string(text), "RssAnon:")/1024, kilobytes(string(text), "RssFile:")/1024)
}

// pids returns those of the program and its children.
func (d *director) pids() []string {
	pid := strconv.Itoa(d.process.Pid())
	all, err := children(pid)
	d.b.must(err)
	return append(all, pid)
}

// children returns the processes that any thread of a process has started.
func children(pid string) (pids []string, err error) {
	files, err := filepath.Glob(filepath.Join("/proc", pid, "task", "*", "children"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, syscall.ESRCH) { // the thread may have ended
			return nil, err
		}
		pids = append(pids, strings.Fields(string(text))...)
	}
	return pids, nil
}

// kilobytes finds a line such as "VmRSS:   1234 kB".
func kilobytes(status, name string) float64 {
	_, rest, _ := strings.Cut(status, name)
	var n float64
	_, _ = fmt.Sscanf(rest, "%f kB", &n)
	return n
}

// cpu returns the processor time that the program and its children have used,
// in their own code and in the kernel.
func (d *director) cpu() (own, kernel time.Duration) {
	for _, pid := range d.pids() {
		o, k, err := processorTime(pid)
		d.b.must(err)
		own += o
		kernel += k
	}
	return own, kernel
}

// processorTime returns that of one process.
func processorTime(pid string) (own, kernel time.Duration, err error) {
	const ticks = time.Second / 100 // USER_HZ
	text, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	if err != nil {
		return 0, 0, err
	}
	_, fields, _ := strings.Cut(string(text), ") ") // the name may hold blanks
	var user, system int64
	list := strings.Fields(fields)
	_, err = fmt.Sscan(list[11]+" "+list[12], &user, &system)
	return time.Duration(user) * ticks, time.Duration(system) * ticks, err
}
