package main

import (
	"context"
	"net/netip"
	"time"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/config"
)

// Status is what the API answers: the latest snapshots, with the kernel's
// connection counts where they can be had.
func (d *daemon) Status(ctx context.Context) api.Status {
	now := d.current.Load()
	report, err := d.routers.status(ctx)
	table, countersErr := now.balancer.status(ctx, now.cfg)
	st := api.NewStatus(table, report)
	if countersErr != nil {
		st.Table.CountersError = countersErr.Error()
	}
	if err != nil {
		st.VRRPError = err.Error()
	}
	st.HTTPError = d.web.err()
	st.Sinks = d.sinks()
	st.RouterID, st.Version = now.cfg.Global.RouterID, version
	st.Configuration = api.Configuration{Path: d.place.config, Loaded: &now.loaded, Error: now.refused, Hash: now.cfg.Hash}
	if b := now.balancer; b != nil {
		st.Table.Settings = b.settings.err()
		st.SyncDaemon = b.syncStatus()
	}
	return st
}

// status of the table, and why it is without what the kernel counts; there is
// none without a balancer.
func (b *balancer) status(ctx context.Context, cfg *config.Config) (director.Status, error) {
	if b == nil {
		return director.Status{}, nil
	}
	st, err := b.counted(ctx)
	addLastProbes(st, cfg.Director, b.engine.Status(ctx))
	return st, err
}

// addLastProbes fills in when each real server was probed last: the director
// hears of changes only.
func addLastProbes(st director.Status, cfg director.Config, probes map[healthcheck.Check]healthcheck.Status) {
	type server struct {
		virtual string
		real    netip.AddrPort
	}
	last := make(map[server]time.Time)
	for _, vs := range cfg.VirtualServers {
		for _, rs := range vs.RealServers {
			for _, check := range rs.Checks {
				key := server{vs.Name, rs.Destination.Addr}
				if at := probes[check].Last; at.After(last[key]) {
					last[key] = at
				}
			}
		}
	}
	for _, vs := range st.VirtualServers {
		for i := range vs.RealServers {
			rs := &vs.RealServers[i]
			if at, known := last[server{vs.Name, rs.Addr}]; known {
				rs.LastProbe = at
			}
		}
	}
}
