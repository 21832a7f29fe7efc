package main

import (
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
		ours := b.ldirector("reload of one weight, "+string(f), b.site, f, 1)
		keepalived := b.keepalived("keepalived", b.site)
		b.within(func() {
			b.reload(ours, func(s site) string { return s.hcl(f, 0, s.services) }, func(d *director) {
				out, err := exec.Command(b.program, "reload", "--state-dir", d.dir).CombinedOutput()
				if err != nil {
					b.Fatalf("ldirector reload: %v: %s", err, out)
				}
			})
		})
		b.within(func() {
			b.reload(keepalived, site.keepalived, func(d *director) { b.must(d.process.Signal(syscall.SIGHUP)) })
		})
		b.report.compare(ours.name, ours.times, "keepalived", keepalived.times, "< 1")
		b.report.count("kernel operations of it", ours, keepalived, "1 write")
	}
}

// reload changes a weight to and fro in a running program's configuration.
func (b *bench) reload(c *contender, text func(site) string, order func(*director)) {
	d := b.launch(c)
	d.awaitTable()
	s := c.site
	for round := range b.rounds + 2 {
		s.heavy = !s.heavy
		b.must(os.WriteFile(c.config, []byte(text(s)), 0o600))
		b.settle()
		if round == b.rounds+1 { // not timed: looking on takes time
			b.within(func() { c.writes, c.reads = d.watched(func() { d.change(s, order) }) })
			return
		}
		if took := d.change(s, order); round > 0 {
			c.times = append(c.times, took)
		}
	}
}

// change gives the order and returns how long it took to come into effect.
func (d *director) change(s site, order func(*director)) time.Duration {
	since := time.Now()
	over := make(chan struct{})
	go func() { // the answer may come later than the effect
		defer close(over)
		order(d)
	}()
	took := d.awaitWeight(since, int(s.weight(s.services-1, s.servers-1)))
	<-over
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
