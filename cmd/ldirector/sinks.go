package main

import (
	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/internal/alert"
	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/notify"
)

// services says how virtual servers are, for mails. It does not block.
func (d *daemon) services() []alert.Service {
	b := d.current.Load().balancer
	if b == nil {
		return nil
	}
	return alertServices(b.director.Status())
}

func alertServices(st director.Status) []alert.Service {
	all := make([]alert.Service, len(st.VirtualServers))
	for i, v := range st.VirtualServers {
		all[i] = alert.Service{Name: v.Name, QuorumUp: v.QuorumUp, LiveWeight: v.LiveWeight, Quorum: v.Quorum, SorryActive: v.SorryActive}
	}
	return all
}

// sinks are all who hear of events, and how well.
func (d *daemon) sinks() []api.Sink {
	return append(d.alerts.Status(), d.news.sinks()...)
}

// sinks are the FIFOs, and the notify scripts if any has run.
func (n *news) sinks() []api.Sink {
	all := []api.Sink{}
	for _, f := range n.fifos() {
		all = append(all, newSink("fifo", f.Path(), f.Health()))
	}
	if h := n.notifier.Health(); h != (notify.Health{}) {
		all = append(all, newSink("notify", "", h))
	}
	return all
}

func newSink(kind, name string, h notify.Health) api.Sink {
	s := api.Sink{Kind: kind, Name: name, Delivered: h.Delivered, Dropped: h.Dropped, Waiting: h.Waiting, Error: h.Trouble}
	if !h.Since.IsZero() {
		s.FailingSince = &h.Since
	}
	return s
}
