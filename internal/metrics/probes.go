package metrics

import "github.com/ldirector/ldirector/healthcheck"

// probeSources tell of the engines that ask real servers and what virtual
// routers depend on.
func probeSources() []source {
	purpose, lane := []string{"purpose"}, []string{"purpose", "lane"}
	return []source{
		{family{"ldirector_probe_checks", gauge, purpose, "Checks that are asked again and again."},
			eachEngine(func(p *Probes, c *collected) { c.add(float64(p.Stats.Checks), p.Purpose) })},
		{family{"ldirector_probes_total", counter, []string{"purpose", "kind", "result"}, "Probes that have ended: passed, failed, or with local trouble, which says nothing about the target."},
			eachKind(func(p *Probes, k *healthcheck.KindStats, c *collected) {
				c.count(k.Passed, p.Purpose, k.Kind, "passed")
				c.count(k.Failed, p.Purpose, k.Kind, "failed")
				c.count(k.Local, p.Purpose, k.Kind, "local_trouble")
			})},
		{family{"ldirector_probe_duration_seconds", histogram, []string{"purpose", "kind"}, "Time from the start of a probe to its answer or its deadline."},
			eachKind(func(p *Probes, k *healthcheck.KindStats, c *collected) {
				c.durations(&k.Durations, p.Purpose, k.Kind)
			})},
		{family{"ldirector_probes_late_total", counter, purpose, "Probes that began more than 100 ms after they were due."},
			eachEngine(func(p *Probes, c *collected) { c.count(p.Stats.Late, p.Purpose) })},
		{family{"ldirector_probe_lateness_max_seconds", gauge, purpose, "The longest that one was late since the start."},
			eachEngine(func(p *Probes, c *collected) { c.add(p.Stats.LateMax.Seconds(), p.Purpose) })},
		{family{"ldirector_probes_in_flight", gauge, lane, "Probes that wait for their answer."},
			eachLane(func(l healthcheck.Load) int { return l.InFlight })},
		{family{"ldirector_probes_waiting", gauge, lane, "Probes that are due and wait for others to end."},
			eachLane(func(l healthcheck.Load) int { return l.Waiting })},
		{family{"ldirector_probes_limit", gauge, lane, "Probes that may be in flight at a time."},
			eachLane(func(l healthcheck.Load) int { return l.Limit })},
	}
}

// eachEngine collects something of every engine.
func eachEngine(collect func(*Probes, *collected)) func(*Snapshot, *collected) {
	return func(s *Snapshot, c *collected) {
		for i := range s.Probes {
			collect(&s.Probes[i], c)
		}
	}
}

// eachKind collects something of every kind of probe.
func eachKind(collect func(*Probes, *healthcheck.KindStats, *collected)) func(*Snapshot, *collected) {
	return eachEngine(func(p *Probes, c *collected) {
		for i := range p.Kinds {
			collect(p, &p.Kinds[i], c)
		}
	})
}

// eachLane collects a number of every lane.
func eachLane(number func(healthcheck.Load) int) func(*Snapshot, *collected) {
	return eachEngine(func(p *Probes, c *collected) {
		c.add(float64(number(p.Stats.Sockets)), p.Purpose, "sockets")
		c.add(float64(number(p.Stats.Workers)), p.Purpose, "workers")
		c.add(float64(number(p.Stats.Processes)), p.Purpose, "processes")
	})
}
