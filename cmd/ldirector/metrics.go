package main

import (
	"context"

	"github.com/ldirector/ldirector/internal/metrics"
	"github.com/ldirector/ldirector/internal/notify"
)

// metrics is what Prometheus is told.
func (d *daemon) metrics(ctx context.Context) metrics.Snapshot {
	now := d.current.Load()
	s := metrics.Snapshot{
		Version: version,
		Limits:  metrics.Limits(now.cfg.Global.Metrics),
		Loaded:  now.loaded,
		Refused: now.refused != "",
		Dropped: d.news.dropped(),
	}
	if b := now.balancer; b != nil {
		s.Table = &metrics.Table{Settings: b.settings.err()}
		s.Table.Status, s.Table.CountersErr = b.counted(ctx)
		s.Probes = append(s.Probes, metrics.Probes{Purpose: "real_servers", Stats: b.engine.Stats(), Kinds: b.engine.Kinds()})
	}
	trackers := metrics.Probes{Purpose: "trackers"}
	trackers.Stats, trackers.Kinds = d.tracker.Probes()
	s.Probes = append(s.Probes, trackers)
	s.VRRP, s.VRRPErr = d.routers.status(ctx)
	return s
}

// dropped counts the news that nobody heard, by who should have.
func (n *news) dropped() map[string]uint64 {
	counts := map[string]uint64{"commands": n.notifier.Dropped()}
	for name, f := range map[string]*notify.FIFO{"notify_fifo": n.both, "vrrp_notify_fifo": n.vrrp, "lvs_notify_fifo": n.lvs} {
		if f != nil {
			counts[name] = f.Dropped()
		}
	}
	return counts
}
