package main

import (
	"fmt"
	"os/exec"
	"time"
)

// measureConfig takes the time that checking a configuration takes a process of
// ours and one of keepalived's. Neither touches the kernel's table, so this can
// be measured anywhere.
func (b *bench) measureConfig() {
	shared := b.site
	shared.shared = true
	test := b.keepalived("keepalived -t", b.site)
	ours := []*contender{
		b.ldirector("validate, blocks in one file", b.site, blocks, 1),
		b.ldirector("validate, blocks in ten files", b.site, blocks, 10),
		b.ldirector("validate, lists", b.site, lists, 1),
		b.ldirector("validate, one pool for all", shared, pool, 1),
	}
	for round := range b.rounds + 1 {
		times := []time.Duration{b.timed(test.program, "-t", "-f", test.config)}
		for _, c := range ours {
			times = append(times, b.timed(c.program, "validate", c.config))
		}
		for i, c := range append([]*contender{test}, ours...) {
			if round > 0 { // the first brings the programs into memory
				c.times = append(c.times, times[i])
			}
		}
	}
	for _, c := range ours {
		b.report.compare(c.name, c.times, test.name, test.times, "")
	}
}

// timed runs a program to its end.
func (b *bench) timed(program string, args ...string) time.Duration {
	b.settle()
	start := time.Now()
	out, err := exec.Command(program, args...).CombinedOutput()
	took := time.Since(start)
	if err != nil {
		b.must(fmt.Errorf("%s: %w: %s", program, err, out))
	}
	return took
}
