package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

const reloadEvery = 5 * time.Second

// measureSteady watches a pair of ours, whose directors have 10,000 probes and
// a reload each 5 seconds besides, and a pair of keepalived that has nothing
// else to do. Nothing happens to them, so that the second director must never
// become master.
func (b *bench) measureSteady() {
	ours, keepalived := b.implementations()
	load := ours
	load.config = func(r routers) string { return b.site.tracked(r, 0) }
	var idle, busy steadiness
	b.within(func() { idle = b.watchPair(keepalived, nil) })
	b.within(func() { busy = b.watchPair(load, b.reload) })
	b.report.add(row{
		what: fmt.Sprintf("adverts each %v, with %d probes each %v and a reload each %v", advertInterval, b.site.services*b.site.servers, checkInterval, reloadEvery),
		ours: busy.String(), other: "keepalived, nothing else: " + idle.String(), target: "no change",
	})
}

const checkInterval = 6 * time.Second

// tracked is the configuration of virtual routers that ask all real servers of
// the site, but for the last few. What they answer moves no master.
func (s site) tracked(r routers, without int) string {
	var b strings.Builder
	r.track = `"all weight -1"`
	b.WriteString(r.hcl())
	fmt.Fprintf(&b, "track_check \"all\" {\n  delay_loop = %q\n  connect_timeout = %q\n  warmup = %q\n", checkInterval, probeTimeout, checkInterval)
	for i := range s.services*s.servers - without {
		addr := s.server(i/s.servers, i%s.servers)
		fmt.Fprintf(&b, "  tcp_check {\n    connect_ip = %q\n    connect_port = %d\n  }\n", addr.Addr(), addr.Port())
	}
	b.WriteString("}\n")
	return b.String()
}

// reload makes a node load a configuration with one probe more or less.
func (b *bench) reload(n *node, round int) {
	b.must(os.WriteFile(filepath.Join(n.dir, "config"), []byte(b.site.tracked(n.routers, round%2)), 0o600))
	b.must(n.process.Signal(syscall.SIGHUP))
}

// A steadiness is what a pair has sent.
type steadiness struct {
	gaps    []time.Duration // between two adverts of the same node, sorted
	changes []frame         // adverts of another node than before, or that hand over
	silence []time.Duration // between each of these and the advert before
	probes  float64         // a second, of both nodes
}

func (s steadiness) String() string {
	late := 0
	for _, g := range s.gaps {
		if g > 2*advertInterval {
			late++
		}
	}
	return fmt.Sprintf("%d changes, %d adverts, apart %.2f ms, 99.9 %%: %.2f, at most %.2f, %d of them more than two intervals; %.0f probes a second",
		len(s.changes), len(s.gaps)+len(s.changes)+1, ms(quantile(s.gaps, 0.5)), ms(quantile(s.gaps, 0.999)), ms(quantile(s.gaps, 1)), late, s.probes)
}

// watchPair does it to a pair; reload, if there is one, changes the
// configuration of a node.
func (b *bench) watchPair(i implementation, reload func(n *node, round int)) (s steadiness) {
	p := b.newPair(i, i, 1, speed{3, advertInterval})
	var farms []*farm
	for _, n := range p.nodes {
		if reload != nil {
			farms = append(farms, newFarm(b, n.ns, probing{}, b.site.mortalAddr()))
		}
		n.start()
		p.nodes[0].awaitMaster()
	}
	time.Sleep(checkInterval)
	t := p.tap()
	probes := func() (n float64) {
		for _, f := range farms {
			n += float64(f.probes())
		}
		return n
	}
	since, before := time.Now(), probes()
	var last frame
	for round := 1; time.Since(since) < b.steady; round++ {
		time.Sleep(reloadEvery)
		frames := p.read(t)
		for _, f := range frames {
			if s.note(f, last); !f.arp {
				last = f
			}
		}
		for i, n := range p.nodes {
			if reload != nil {
				reload(p.nodes[i], round)
			}
			if len(frames) == 0 {
				b.Logf("node %d has sent nothing: %s", i+1, n.log())
			}
		}
	}
	s.probes = (probes() - before) / time.Since(since).Seconds()
	slices.Sort(s.gaps)
	for i, f := range s.changes {
		b.Logf("%s: %s node %d sends, %.2f ms after the advert before", p.nodes[0].runs.name, f.at.Format("15:04:05.000000"), f.node, ms(s.silence[i]))
	}
	if len(s.changes) > 0 {
		for i, n := range p.nodes {
			b.Logf("%d changes; node %d: %s", len(s.changes), i+1, n.log())
		}
	}
	return s
}

// note compares a frame with the advertisement before.
func (s *steadiness) note(f, last frame) {
	switch {
	case f.arp || last.node == 0:
	case f.node != last.node || f.priority == 0:
		s.changes, s.silence = append(s.changes, f), append(s.silence, f.at.Sub(last.at))
	default:
		s.gaps = append(s.gaps, f.at.Sub(last.at))
	}
}
