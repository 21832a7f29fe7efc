package main

import (
	"fmt"
	"time"
)

// A load is what a program does with its probes in steady state.
type load struct {
	rates []float64 // probes that were answered in a second
	costs []float64 // microseconds of processor time for each
	own   []float64 // of these, in the program's own code
	lost  int       // real servers missing in the table at the end, at most
}

// measureRate asks for 5,000 probes a second.
func (b *bench) measureRate() { b.measureLoad("tcp_check", 2*time.Second) }

// measureCost asks for as many as everybody can do.
func (b *bench) measureCost() { b.measureLoad("tcp_check", 10*time.Second) }

// measureHTTP does both with http_get.
func (b *bench) measureHTTP() {
	b.measureLoad("http_get", 2*time.Second)
	b.measureLoad("http_get", 20*time.Second)
}

// measureLoad takes what ours and keepalived do, in turns.
func (b *bench) measureLoad(kind string, interval time.Duration) {
	s := b.site
	s.probing = probing{kind: kind, interval: interval}
	contenders := []*contender{b.ldirector("ldirector", s, blocks, 1), b.keepalived("keepalived", s)}
	loads := []*load{{}, {}}
	for range b.rounds {
		for i, c := range contenders {
			b.within(func() { b.launch(c).bear(loads[i]) })
		}
	}
	what := fmt.Sprintf("%s, each %v", kind, interval)
	for i, c := range contenders {
		b.Logf("%s, %s: %.0f probes a second, %.0f µs each, %.0f of them its own, at most %d real servers lost", c.name, what, loads[i].rates, loads[i].costs, loads[i].own, loads[i].lost)
	}
	b.report.figures(fmt.Sprintf("probes a second, %s (asked: %.0f)", what, s.rate()), "", "%.0f", loads[0].rates, "keepalived", loads[1].rates, "> 3 where it cannot")
	b.report.figures("processor time of one, "+what, " µs", "%.0f", loads[0].costs, "keepalived", loads[1].costs, "< 1")
	b.report.add(row{what: "real servers that seemed dead meanwhile", ours: fmt.Sprint(loads[0].lost), other: fmt.Sprint("keepalived ", loads[1].lost), target: "0"})
}

// bear waits until every real server has been asked, the first answers are
// digested, and takes the load of the
// time after that.
func (d *director) bear(l *load) {
	d.awaitTable()
	window := max(2*d.site.probing.interval, 10*time.Second)
	asked := int64(d.site.services * d.site.servers)
	d.await("third probe of each", time.Now(), func() (bool, error) { return d.farm.probes() > 3*asked, nil })

	start, n := time.Now(), d.farm.probes()
	own, kernel := d.cpu()
	time.Sleep(window)
	took, probes := time.Since(start), d.farm.probes()-n
	ownNow, kernelNow := d.cpu()
	if probes == 0 {
		d.b.Fatalf("no probe in %v: %s", took, d.process.Output())
	}
	l.rates = append(l.rates, float64(probes)/took.Seconds())
	each := func(cpu time.Duration) float64 { return float64(cpu.Microseconds()) / float64(probes) }
	l.costs = append(l.costs, each(ownNow+kernelNow-own-kernel))
	l.own = append(l.own, each(ownNow-own))
	entries, err := countEntries(d.ns)
	d.b.must(err)
	l.lost = max(l.lost, d.site.entries()-entries)
}
