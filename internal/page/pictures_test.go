package page

import (
	"math"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/api"
)

// TestPictures takes those of the documentation, when it is asked to: over a
// minute, so that the charts have something to show.
func TestPictures(t *testing.T) {
	if *screenshots == "" {
		t.Skip("without -screenshots")
	}
	d := newExample()
	d.probes = recoveredProbes(time.Now().Add(time.Minute))
	still := d.Status(t.Context())
	b := open(t, serve(t, d, "").url(), 1440, 900)
	day := open(t, serve(t, d, "").url(), 1440, 900)
	b.likes("dark")
	day.likes("light")
	b.says("#service-list", "10.0.1.31:443")
	eval[any](day, `location.hash = "/web/10.0.1.33:443"`)
	for begun, tick := time.Now(), time.NewTicker(time.Second); time.Since(begun) < 65*time.Second; <-tick.C {
		at := time.Since(begun).Seconds()
		d.change(func(st *api.Status) { wave(st, still, at) })
	}
	b.shot("status-page")
	day.shot("status-page-real-server")
}

// recoveredProbes are those of a real server that has failed and is up again.
func recoveredProbes(now time.Time) []api.Probe {
	probes := someProbes(now)
	p := &probes[0]
	bad := p.History[55]
	for i := range p.History {
		r := &p.History[i]
		switch {
		case i > 33 && i < 39:
			r.Result, r.Reason, r.DurationSeconds = "failed", bad.Reason, 0.004
		case i > 48:
			r.Result, r.Reason, r.DurationSeconds = "passed", "", p.History[i-40].DurationSeconds
		}
	}
	p.State, p.Reason, p.Since, p.Warning = "up", "", &p.History[39].Time, "the certificate expires in 12 days"
	return probes
}

// wave makes rates go up and down around those that were still.
func wave(st *api.Status, still api.Status, at float64) {
	turn := func(r *api.Traffic, phase float64) *api.Traffic {
		if r == nil {
			return nil
		}
		f := 1 + 0.25*math.Sin(at/9+phase) + 0.12*math.Sin(at/2.3+2*phase) + 0.05*math.Sin(at*3+phase)
		return &api.Traffic{Connections: uint64(float64(r.Connections) * f), BytesIn: uint64(float64(r.BytesIn) * f), BytesOut: uint64(float64(r.BytesOut) * (f + 0.2*math.Sin(at/5)))}
	}
	for i := range st.VirtualServers {
		v := &st.VirtualServers[i]
		v.Rates = turn(still.VirtualServers[i].Rates, float64(i))
		for j := range v.RealServers {
			v.RealServers[j].Rates = turn(still.VirtualServers[i].RealServers[j].Rates, float64(i+2*j))
		}
	}
}
