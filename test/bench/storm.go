package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
)

const advertInterval = 10 * time.Millisecond

// measureStorm takes how late VRRP advertisements and probes are while nothing
// else happens, while 10,000 real servers are asked each 2 seconds, and while
// 1,000 scripts hang besides.
func (b *bench) measureStorm() {
	s := b.site
	s.probing = probing{kind: "tcp_check", interval: 2 * time.Second}
	settings := inside{Advert: advertInterval, Wait: 6 * time.Second, Note: 30 * time.Second}
	b.storm("nothing else", s, settings)
	settings.Config = b.write(s)
	b.storm("5,000 tcp_checks a second", s, settings)
	settings.Scripts = 1000
	b.storm("these and 1,000 hanging scripts", s, settings)
}

// storm adds the rows of one weather.
func (b *bench) storm(weather string, s site, settings inside) {
	var n noted
	b.within(func() { n = b.inside(s, settings, func(*farm) {}) })
	slices.Sort(n.Adverts)
	if len(n.Adverts) == 0 {
		b.Fatalf("no advertisement in %v", settings.Note)
	}
	b.report.add(row{
		what: fmt.Sprintf("lateness of an advert each %v, beside %s", advertInterval, weather),
		ours: fmt.Sprintf("%.2f ms, 99.9 %%: %.2f, at most %.2f", ms(quantile(n.Adverts, 0.5)), ms(quantile(n.Adverts, 0.999)), ms(n.Adverts[len(n.Adverts)-1])),
	})
	if settings.Config == "" {
		return
	}
	b.report.add(row{
		what: "probes a second meanwhile, and those that began late",
		ours: fmt.Sprintf("%.0f, %d late (at most %.0f ms), %d scripts at once", float64(n.Probes)/settings.Note.Seconds(), n.Late, ms(n.LateMax), n.Scripts),
	})
}

// measureApply takes the time from the answer that says that a real server is
// dead until the changes go to the table, without a kernel's.
func (b *bench) measureApply() {
	for _, interval := range []time.Duration{20 * time.Second, 2 * time.Second} {
		s := b.site
		s.probing = probing{kind: "tcp_check", interval: interval, mortal: true}
		settings := inside{Config: b.write(s), Mortal: s.server(s.services-1, s.servers-1).String(), Wait: 3 * time.Second, Note: 60 * time.Second}
		var times []time.Duration
		b.within(func() {
			var died []int64
			n := b.inside(s, settings, func(f *farm) { died = f.dieAgainAndAgain(settings.Wait+settings.Note-4*time.Second, settings.Wait) })
			for i := range min(len(died), len(n.Applied)) {
				times = append(times, time.Duration(n.Applied[i]-died[i]))
			}
		})
		if len(times) == 0 {
			b.Fatalf("no change of the table")
		}
		slices.Sort(times)
		b.report.add(row{
			what:   fmt.Sprintf("a refused connect to the changes for the table, %.0f probes a second", s.rate()),
			ours:   fmt.Sprintf("%.2f ms (%.2f–%.2f, %d deaths)", ms(median(times)), ms(times[0]), ms(times[len(times)-1]), len(times)),
			target: "< 5 ms",
		})
	}
}

// dieAgainAndAgain kills and revives the mortal real server until the end and
// returns when it refused first each time.
func (f *farm) dieAgainAndAgain(until, from time.Duration) (died []int64) {
	end := time.Now().Add(until)
	time.Sleep(from)
	for time.Now().Before(end) {
		f.kill()
		time.Sleep(1500 * time.Millisecond) // it is asked each second
		died = append(died, f.died.Load())
		f.revive()
		time.Sleep(1500 * time.Millisecond)
	}
	return died
}

// inside runs this program in a namespace with all real servers. meanwhile may
// do something to them.
func (b *bench) inside(s site, settings inside, meanwhile func(*farm)) (n noted) {
	ns := nettest.New(b, "inside")
	f := newFarm(b, ns, s.probing, s.mortalAddr())
	process := b.startChild(ns, child{Inside: &settings})
	meanwhile(f)
	if err := process.Wait(settings.Wait + settings.Note + patience); err != nil {
		b.Fatalf("%v: %s", err, process.Output())
	}
	b.must(json.Unmarshal([]byte(process.Output()), &n))
	return n
}

// write writes the configuration of a site.
func (b *bench) write(s site) (path string) {
	path = filepath.Join(b.tempDir(), "site.hcl")
	b.must(os.WriteFile(path, []byte(s.hcl(blocks, 0, s.services)), 0o600))
	return path
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// quantile returns the value below which that part of the sorted ones are.
func quantile(sorted []time.Duration, part float64) time.Duration {
	return sorted[min(len(sorted)-1, int(part*float64(len(sorted))))]
}
