package page

import (
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/api"
)

func TestShots(t *testing.T) {
	now := time.Now()
	d := newFake(someServices(now))
	d.probes = someProbes(now)
	for _, e := range []api.Event{
		{Kind: "started", Text: "ldirector v1.0.0 starts"},
		{Kind: "vrrp_state", Instance: "VI_1", Text: "BACKUP -> MASTER"},
		{Kind: "real_server_down", Warning: true, VirtualServer: "web", RealServer: "10.0.1.34:443", Text: "down: http_get: HTTP status 503 in place of 200-299"},
		{Kind: "command", VirtualServer: "mail", RealServer: "10.0.3.21:25", Text: "drain", By: "uid 0, pid 4711"},
		{Kind: "quorum_lost", Warning: true, VirtualServer: "mail", Text: "quorum lost, the sorry server stands in"},
	} {
		d.events.Add(e)
	}
	s := serve(t, d, "")
	b := open(t, s.url(), 1440, 900)
	b.says("#service-list", "10.0.1.31:443")
	for i := range 6 {
		d.change(func(st *api.Status) {
			for j := range st.VirtualServers {
				r := *st.VirtualServers[j].Rates
				r.Connections += r.Connections * uint64(i*7%5) / 10
				r.BytesIn += r.BytesIn * uint64(i*5%7) / 10
				r.BytesOut += r.BytesOut * uint64(i*3%7) / 10
				st.VirtualServers[j].Rates = &r
			}
		})
		time.Sleep(2 * time.Second)
	}
	b.likes("light")
	b.shot("light")
	b.likes("dark")
	b.shot("dark")
	eval[any](b, "location.hash='/web/10.0.1.34:443'")
	time.Sleep(3 * time.Second)
	b.shot("detail-dark")
	b.likes("light")
	b.shot("detail-light")
	p := open(t, s.url(), 390, 844)
	p.says("#service-list", "10.0.1.31:443")
	time.Sleep(2500 * time.Millisecond)
	p.shot("phone")
	p.fits()
	eval[any](p, "scrollTo(0,700)")
	p.shot("phone2")
	eval[any](p, "location.hash='/web/10.0.1.34:443'")
	time.Sleep(3 * time.Second)
	p.shot("phone-detail")
	p.fits()
}
