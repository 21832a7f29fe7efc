package main

import (
	"fmt"
	"time"
)

// measureVRRPCPU takes the processor time of 255 virtual routers at 100 ms on
// each side of a pair, ours and keepalived's, one pair after the other.
func (b *bench) measureVRRPCPU() {
	const watched = 20 * time.Second
	const count, interval = 255, 100 * time.Millisecond
	ours, keepalived := b.implementations()
	type use struct{ all, children []float64 } // seconds per second, in percent, of the master and of the backup
	measure := func(i implementation) (u use) {
		p := b.newPair(i, i, count, speed{3, interval})
		p.nodes[0].start()
		p.nodes[0].awaitMaster()
		p.nodes[1].start()
		time.Sleep(5 * time.Second)
		allBefore, childrenBefore := p.processorTimes()
		t := p.tap()
		time.Sleep(watched)
		all, children := p.processorTimes()
		b.Logf("%s: %.0f adverts and announcements a second", i.name, float64(len(p.read(t)))/watched.Seconds())
		for i := range all {
			u.all = append(u.all, 100*float64(all[i]-allBefore[i])/float64(watched))
			u.children = append(u.children, 100*float64(children[i]-childrenBefore[i])/float64(watched))
		}
		return u
	}
	sums := [2]struct{ ours, guardian, keepalived []float64 }{}
	for range b.rounds {
		var o, k use
		b.within(func() { k = measure(keepalived) })
		b.within(func() { o = measure(ours) })
		for side := range sums {
			sums[side].ours = append(sums[side].ours, o.all[side])
			sums[side].guardian = append(sums[side].guardian, o.children[side])
			sums[side].keepalived = append(sums[side].keepalived, k.all[side])
		}
	}
	for side, name := range []string{"master", "backup"} {
		what := fmt.Sprintf("processor for %d virtual routers at %v, %s", count, interval, name)
		b.report.figures(what, " %", "%.1f", sums[side].ours, "keepalived", sums[side].keepalived, "< 1")
		b.report.add(row{what: "the guardian's part of it", ours: fmt.Sprintf("%.1f %%", median(sums[side].guardian))})
	}
}

// processorTimes returns what the programs of the nodes have used, and their
// children alone.
func (p *pair) processorTimes() (all, children []time.Duration) {
	for _, n := range p.nodes {
		var ofChildren time.Duration
		for _, pid := range n.children() {
			ofChildren += n.b.processorTime(pid)
		}
		all = append(all, ofChildren+n.b.processorTime(n.pid()))
		children = append(children, ofChildren)
	}
	return all, children
}

func (b *bench) processorTime(pid string) time.Duration {
	own, kernel, err := processorTime(pid)
	b.must(err)
	return own + kernel
}
