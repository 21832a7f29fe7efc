package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"time"
)

// measureFailover takes how long a client gets no answer when something happens
// to the preferred one of two directors: two of ours, one of ours with one of
// keepalived in both places, and beside them two of keepalived.
func (b *bench) measureFailover() {
	cases, err := regexp.Compile(b.cases)
	b.must(err)
	speeds := []speed{{3, time.Second}, {3, 100 * time.Millisecond}, {3, 10 * time.Millisecond}, {2, time.Second}}
	ours, keepalived := b.implementations()
	pairs := [][2]implementation{{keepalived, keepalived}, {ours, ours}, {ours, keepalived}, {keepalived, ours}}
	for _, sp := range speeds {
		for _, sc := range scenarios() {
			name := func(pair [2]implementation) string {
				return fmt.Sprintf("%s, %v, %s>%s", sc.name, sp, pair[0].name, pair[1].name)
			}
			runs := make([][]failover, len(pairs))
			for range b.rounds {
				for i, pair := range pairs {
					if cases.MatchString(name(pair)) {
						b.within(func() { runs[i] = append(runs[i], b.failover(name(pair), sc, b.newPair(pair[0], pair[1], 1, sp))) })
					}
				}
			}
			for i, pair := range pairs[1:] {
				b.report.failover(name(pair), runs[i+1], runs[0], sc.target())
			}
		}
	}
}

// failover lets it happen once.
func (b *bench) failover(name string, sc scenario, p *pair) failover {
	interval := p.nodes[0].routers.interval
	vip := virtualAddress(0).Addr()
	for i, n := range p.nodes {
		b.startAhead(n.ns, child{Answer: &answering{vip, byte(i + 1)}})
	}
	if sc.comes {
		p.nodes[1].start()
		p.nodes[1].awaitMaster()
	} else {
		p.nodes[0].start()
		p.nodes[0].awaitMaster()
		p.nodes[1].start()
	}
	time.Sleep(500*time.Millisecond + 2*interval)
	if sc.before != nil {
		sc.before(p)
		time.Sleep(500*time.Millisecond + 2*interval)
	}
	t := p.tap()
	before := 500*time.Millisecond + rand.N(interval)
	client := b.startAhead(p.client, child{Ask: &asking{vip, before + 5*interval + sc.watch}})
	time.Sleep(before)
	if sc.after > 0 {
		p.awaitAdvert(t, sc.after)
	}
	event := time.Now()
	sc.happen(p)
	b.must(client.Wait(patience))
	var a asked
	b.must(json.Unmarshal([]byte(client.Output()), &a))
	p.read(t)
	f := sc.judge(a, t.sent, event, vip)
	b.Logf("%s: %v", name, f)
	if strings.Contains(name, "ldirector") && (f.odd || sc.limit > 0 && f.outage > sc.limit) {
		b.evidence(p, f, t.sent, event)
	}
	return f
}

// evidence prints what is known of an odd run: what was sent when it happened and
// when the outage began, and the logs.
func (b *bench) evidence(p *pair, f failover, frames []frame, event time.Time) {
	const near = 100 * time.Millisecond
	var s strings.Builder
	for _, fr := range frames {
		if fr.at.Sub(event).Abs() > near && fr.at.Sub(f.began).Abs() > near {
			continue
		}
		fmt.Fprintf(&s, "  %9.2f node %d ", ms(fr.at.Sub(event)), fr.node)
		if fr.arp {
			fmt.Fprintln(&s, "announces", fr.addr)
		} else {
			fmt.Fprintln(&s, "advert, priority", fr.priority)
		}
	}
	for i, n := range p.nodes {
		fmt.Fprintf(&s, "node %d, %s, event at %s:\n%s", i+1, n.runs.name, event.Format("15:04:05.000000"), n.log())
	}
	b.Logf("outage from %.2f; what is known of it:\n%s", ms(f.began.Sub(event)), s.String())
}

// failover adds the outages of one case beside those of two keepalived.
func (r *report) failover(what string, ours, keepalived []failover, target string) {
	if len(ours) == 0 {
		return
	}
	text := func(runs []failover) string {
		if len(runs) == 0 {
			return "not measured"
		}
		var outages, silences []time.Duration
		odd := 0
		for _, f := range runs {
			outages, silences = append(outages, f.outage), append(silences, f.silence)
			if f.odd {
				odd++
			}
		}
		m := milliseconds(outages)
		return fmt.Sprintf("%.1f ms (%.1f–%.1f), %.1f after the last advert%s", median(m), slices.Min(m), slices.Max(m), ms(median(silences)), strings.Repeat(" odd", odd))
	}
	r.add(row{what: what, ours: text(ours), other: "keepalived " + text(keepalived), target: target})
}
