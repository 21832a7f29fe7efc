package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// measureReload takes the time from the order to load a configuration with one
// weight changed until that is in the kernel, and counts what is asked of the
// kernel meanwhile. Ours includes the start of "ldirector reload"; keepalived
// gets SIGHUP. Reads are mostly those of a periodic look at the whole table.
func (b *bench) measureReload() {
	for _, f := range []form{blocks, lists} {
		b.within(func() { b.measureReloadOf(f) })
	}
}

func (b *bench) measureReloadOf(f form) {
	ours := b.reloadable(b.ldirector("reload of one weight, "+string(f), b.site, f, 1),
		func(s site) string { return s.hcl(f, 0, s.services) },
		func(d *director) error {
			out, err := exec.Command(b.program, "reload", "--state-dir", d.dir).CombinedOutput()
			if err != nil {
				err = fmt.Errorf("ldirector reload: %w: %s", err, out)
			}
			return err
		})
	keepalived := b.reloadable(b.keepalived("keepalived", b.site), site.keepalived,
		func(d *director) error { return d.process.Signal(syscall.SIGHUP) })
	for round := range b.rounds + 1 {
		for _, r := range []*reloadable{ours, keepalived} {
			if took := r.change(); round > 0 {
				r.times = append(r.times, took)
			}
		}
	}
	for _, r := range []*reloadable{ours, keepalived} {
		r.writes, r.reads = r.watched(func() { r.change() }) // not timed: looking on takes time
	}
	b.report.compare(ours.name, ours.times, "keepalived", keepalived.times, "< 1")
	b.report.count("kernel operations of it", ours.contender, keepalived.contender, "1 write")
}

// A reloadable is a program that runs and loads a configuration when ordered.
type reloadable struct {
	*contender
	*director
	text  func(site) string
	order func(*director) error
}

// reloadable starts the program.
func (b *bench) reloadable(c *contender, text func(site) string, order func(*director) error) *reloadable {
	r := &reloadable{contender: c, director: b.launch(c), text: text, order: order}
	r.awaitTable()
	return r
}

// change gives the last real server another weight, gives the order and returns
// how long it took to come into effect.
func (r *reloadable) change() time.Duration {
	s := &r.director.site
	s.heavy = !s.heavy
	r.b.must(os.WriteFile(r.config, []byte(r.text(*s)), 0o600))
	r.b.settle()
	since := time.Now()
	answered := make(chan error, 1)
	go func() { answered <- r.order(r.director) }() // the answer may come later than the effect
	took := r.awaitWeight(since, int(s.weight(s.services-1, s.servers-1)))
	r.b.must(<-answered)
	return took
}

// watched counts the requests to the kernel's IPVS while f runs and a second
// longer.
func (d *director) watched(f func()) (writes, reads int) {
	tap, err := startCapture(d.ns)
	d.b.must(err)
	d.b.Cleanup(func() { _ = tap.close() })
	f()
	time.Sleep(time.Second)
	messages, err := tap.requests()
	d.b.must(err)
	for _, m := range messages {
		if m.writes() {
			writes++
		} else {
			reads++
		}
	}
	return writes, reads
}
