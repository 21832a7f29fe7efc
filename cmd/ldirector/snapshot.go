package main

import (
	"context"
	"time"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/vrrp"
)

// status is what the API answers: the latest snapshots, with the kernel's
// connection counts where they can be had.
func (d *daemon) status(ctx context.Context) api.Status {
	table := d.tableStatus(ctx)
	instances := make([]vrrp.Status, len(d.routers))
	for i, r := range d.routers {
		instances[i] = r.instance.Status()
	}
	st := api.NewStatus(table, instances)
	st.RouterID, st.Version = d.cfg.Global.RouterID, version
	return st
}

func (d *daemon) tableStatus(ctx context.Context) director.Status {
	if d.director == nil {
		return director.Status{}
	}
	st, err := d.director.Counters(ctx)
	if err != nil {
		return d.director.Status()
	}
	addLastProbes(st, d.cfg.Director, d.engine.Status(ctx))
	return st
}

// addLastProbes fills in when each real server was probed last: the director
// hears of changes only. Both lists are in the configuration's order.
func addLastProbes(st director.Status, cfg director.Config, probes map[healthcheck.Check]healthcheck.Status) {
	for i, vs := range cfg.VirtualServers {
		for j, rs := range vs.RealServers {
			var last time.Time
			for _, check := range rs.Checks {
				if at := probes[check].Last; at.After(last) {
					last = at
				}
			}
			if !last.IsZero() {
				st.VirtualServers[i].RealServers[j].LastProbe = last
			}
		}
	}
}
