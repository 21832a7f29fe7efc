package main

import (
	"os"
	"syscall"
	"time"
)

// measureReload takes the time from the order to load a configuration with one
// weight changed, SIGHUP, until that is in the kernel, and counts what is asked of
// the kernel meanwhile and afterwards: ours looks at the whole table then.
func (b *bench) measureReload() {
	for _, f := range []form{blocks, lists} {
		b.within(func() { b.measureReloadOf(f) })
	}
}

func (b *bench) measureReloadOf(f form) {
	ours := b.reloadable(b.ldirector("reload of one weight, "+string(f), b.site, f, 1),
		func(s site) string { return s.hcl(f, 0, s.services) })
	keepalived := b.reloadable(b.keepalived("keepalived", b.site), site.keepalived)
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
	text func(site) string
}

// reloadable starts the program.
func (b *bench) reloadable(c *contender, text func(site) string) *reloadable {
	r := &reloadable{contender: c, director: b.launch(c), text: text}
	r.awaitTable()
	return r
}

// change gives the last real server another weight and returns how long it took
// to come into effect.
func (r *reloadable) change() time.Duration {
	s := &r.director.site
	s.heavy = !s.heavy
	r.b.must(os.WriteFile(r.config, []byte(r.text(*s)), 0o600))
	r.b.settle()
	since := time.Now()
	r.b.must(r.process.Signal(syscall.SIGHUP))
	return r.awaitWeight(since, int(s.weight(s.services-1, s.servers-1)))
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
