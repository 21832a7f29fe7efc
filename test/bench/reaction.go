package main

import (
	"bytes"
	"fmt"
	"time"
)

// Commands of the kernel's IPVS (IPVS_CMD_* in include/uapi/linux/ip_vs.h).
const (
	newDestination    = 5
	deleteDestination = 7
)

// measureReaction takes the time from the answer that says that a real server
// is dead until the kernel is asked to remove it, beside 10,000 probes each 20
// seconds.
func (b *bench) measureReaction() {
	s := b.site
	s.probing = probing{kind: "tcp_check", interval: 20 * time.Second, mortal: true}
	contenders := []*contender{b.ldirector("ldirector", s, blocks, 1), b.keepalived("keepalived", s)}
	for _, c := range contenders {
		b.within(func() { c.times = b.launch(c).react(b.rounds) })
	}
	b.report.fine("a refused connect to the changed table", contenders[0].times, "keepalived", contenders[1].times, "< 1")
}

// react lets the mortal real server die so many times.
func (d *director) react(rounds int) (times []time.Duration) {
	d.awaitTable()
	time.Sleep(2 * d.site.probing.interval)
	tap, err := startCapture(d.ns)
	d.b.must(err)
	d.b.Cleanup(func() { _ = tap.close() })
	for range rounds {
		d.farm.kill()
		at := d.awaitRequest(tap, deleteDestination)
		times = append(times, at.Sub(time.Unix(0, d.farm.died.Load())))
		d.farm.revive()
		d.awaitRequest(tap, newDestination)
	}
	return times
}

// awaitRequest waits until the kernel is told to do something to the mortal
// real server and returns when.
func (d *director) awaitRequest(tap *capture, command byte) (at time.Time) {
	address := d.site.mortalAddr().Addr().As4()
	d.await(fmt.Sprintf("command %d", command), time.Now(), func() (bool, error) {
		requests, err := tap.requests()
		if err != nil {
			return false, err
		}
		for _, r := range requests {
			if r.command() == command && bytes.Contains(r.message, address[:]) {
				at = r.at
				return true, nil
			}
		}
		return false, nil
	})
	return at
}
