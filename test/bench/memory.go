package main

import (
	"fmt"
	"slices"
	"time"
)

// digestion is the time after which a program that has been started has done
// everything once.
const digestion = 90 * time.Second

// memoryLooks is how often memory is looked at within the time to watch it.
const memoryLooks = 20

// measureMemory watches what our program keeps resident for minutes, while it
// asks, and looks once at keepalived.
func (b *bench) measureMemory() {
	s := b.site
	s.probing = probing{kind: "tcp_check", interval: 20 * time.Second}
	var theirs float64
	b.within(func() {
		d := b.launch(b.keepalived("keepalived", s))
		d.awaitTable()
		time.Sleep(digestion)
		theirs, _ = d.memory()
	})
	var ours []float64
	b.within(func() {
		d := b.launch(b.ldirector("ldirector", s, blocks, 1))
		d.awaitTable()
		time.Sleep(digestion)
		for range memoryLooks {
			now, peak := d.memory()
			b.Logf("ldirector has %.1f MiB resident, at most %.1f: %s", now, peak, d.memoryParts())
			ours = append(ours, now)
			time.Sleep(b.watch / memoryLooks)
		}
	})
	b.report.add(row{
		what:  fmt.Sprintf("resident with 10,000 tcp_checks, over %v", b.watch),
		ours:  fmt.Sprintf("%.1f MiB first, %.1f last, %.1f–%.1f", ours[0], ours[len(ours)-1], slices.Min(ours), slices.Max(ours)),
		other: fmt.Sprintf("keepalived %.1f MiB", theirs), ratio: fmt.Sprintf("%.2f", slices.Max(ours)/theirs), target: "< 40 MiB, flat",
	})
}
