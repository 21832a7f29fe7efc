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
		Sinks:   d.sinkCounts(),
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

// sinkCounts says how well everybody hears of events.
func (d *daemon) sinkCounts() []metrics.Sink {
	all := []metrics.Sink{newSinkCount("commands", d.news.notifier.Health())}
	for _, f := range d.news.named() {
		if f.fifo != nil {
			all = append(all, newSinkCount(f.name, f.fifo.Health()))
		}
	}
	for _, s := range d.alerts.Status() {
		name := s.Kind
		if s.Kind == "command" {
			name = "alert_command"
		}
		if s.Name != "" {
			name += " " + s.Name
		}
		all = append(all, metrics.Sink{Name: name, Delivered: s.Delivered, Dropped: s.Dropped, Waiting: s.Waiting, Failing: s.FailingSince != nil})
	}
	return all
}

func newSinkCount(name string, h notify.Health) metrics.Sink {
	return metrics.Sink{Name: name, Delivered: h.Delivered, Dropped: h.Dropped, Waiting: h.Waiting, Failing: h.Trouble != ""}
}
