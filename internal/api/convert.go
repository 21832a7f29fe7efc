package api

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/internal/plan"
	"github.com/ldirector/ldirector/vrrp"
)

// NewStatus makes the document from the snapshots of the parts, each in the
// configuration's order.
func NewStatus(d director.Status, v vrrp.Report) Status {
	st := Status{
		SyncDaemon:     SyncDaemon{Roles: []string{}},
		Table:          Table{Synced: moment(d.Synced), Error: d.Error, LedgerError: d.LedgerError, OverridesError: d.OverridesError, Repairs: d.Drift},
		VirtualServers: make([]VirtualServer, 0, len(d.VirtualServers)),
		VRRPInstances:  make([]VRRPInstance, 0, len(v.Routers)),
		VRRPGroups:     make([]VRRPGroup, 0, len(v.Groups)),
		ForeignRouters: make([]ForeignRouter, 0, len(v.Foreign)),
		Sinks:          []Sink{},
	}
	for _, vs := range d.VirtualServers {
		st.VirtualServers = append(st.VirtualServers, newVirtualServer(vs))
	}
	for _, r := range v.Routers {
		st.VRRPInstances = append(st.VRRPInstances, newVRRPInstance(r))
	}
	for _, g := range v.Groups {
		st.VRRPGroups = append(st.VRRPGroups, VRRPGroup{Name: g.Name, State: g.State.String(), Members: g.Members})
	}
	for _, f := range v.Foreign {
		st.ForeignRouters = append(st.ForeignRouters, ForeignRouter{Interface: f.Interface, VRID: f.VRID, Source: f.Source, Last: moment(f.Last)})
	}
	return st
}

func newVirtualServer(vs director.VirtualServerStatus) VirtualServer {
	out := VirtualServer{
		Name:        vs.Name,
		Address:     address(vs.Keys[0]),
		Protocol:    protocol(vs.Keys[0]),
		Services:    make([]string, 0, len(vs.Keys)),
		Scheduler:   vs.Scheduler,
		Quorum:      vs.Quorum,
		Hysteresis:  vs.Hysteresis,
		LiveWeight:  vs.LiveWeight,
		QuorumUp:    vs.QuorumUp,
		SorryActive: vs.SorryActive,
		Suspended:   vs.Suspended,
		Contested:   vs.Contested,
		Repairs:     vs.Repairs,
		Changed:     moment(vs.Changed),
		Error:       vs.Error,
		Rates:       newRates(vs.Stats),
		Totals:      newTotals(vs.Stats),
		RealServers: make([]RealServer, 0, len(vs.RealServers)),
	}
	for _, key := range vs.Keys {
		out.Services = append(out.Services, key.String())
	}
	for _, rs := range vs.RealServers {
		out.RealServers = append(out.RealServers, RealServer{
			Address:          plan.Endpoint(rs.Addr),
			Method:           rs.Forward.String(),
			State:            rs.State,
			Health:           rs.Health,
			Override:         newOverride(rs.Override),
			Weight:           rs.Weight,
			ConfiguredWeight: rs.ConfiguredWeight,
			EffectiveWeight:  rs.EffectiveWeight,
			Reason:           rs.Reason,
			Warning:          rs.Warning,
			Since:            moment(rs.Since),
			LastProbe:        moment(rs.LastProbe),
			Active:           rs.Active,
			Inactive:         rs.Inactive,
			Rates:            newRates(rs.Stats),
			Totals:           newTotals(rs.Stats),
		})
	}
	return out
}

// newRates are a second's, nil where the kernel tells nothing.
func newRates(s *ipvs.Stats) *Traffic {
	if s == nil {
		return nil
	}
	return &Traffic{s.ConnectionRate, s.PacketRateIn, s.PacketRateOut, s.ByteRateIn, s.ByteRateOut}
}

// newTotals are all so far, nil where the kernel tells nothing.
func newTotals(s *ipvs.Stats) *Traffic {
	if s == nil {
		return nil
	}
	return &Traffic{s.Connections, s.PacketsIn, s.PacketsOut, s.BytesIn, s.BytesOut}
}

// newOverride is what an operator has commanded, nil for nothing.
func newOverride(o *director.Override) *Override {
	if o == nil {
		return nil
	}
	out := &Override{Command: o.Kind.String(), Since: moment(o.Since), Until: moment(o.Until), Over: o.Over}
	if o.Kind == director.SetWeight {
		out.Weight = &o.Weight
	}
	return out
}

// NewProbe is what a check said last, and before.
func NewProbe(check healthcheck.Check, s healthcheck.Status, past []healthcheck.Past) Probe {
	out := Probe{
		Kind: check.Kind(), State: s.State.String(), Reason: s.Reason, Warning: s.Warning, Since: moment(s.Since), Last: moment(s.Last),
		History: make([]ProbeResult, 0, len(past)),
	}
	for _, p := range past {
		r := ProbeResult{Time: p.At, Result: "failed", DurationSeconds: p.Took.Seconds(), Reason: p.Reason}
		switch {
		case p.OK:
			r.Result = "passed"
		case p.Local:
			r.Result = "local"
		}
		out.History = append(out.History, r)
	}
	return out
}

// protocol is a service's, "FWM" for that of a mark, which has none.
func protocol(k ipvs.Key) string {
	if k.FWMark != 0 {
		return "FWM"
	}
	return k.Protocol.String()
}

// address is a service's address and port, or its mark.
func address(k ipvs.Key) string {
	if k.FWMark != 0 {
		return "fwmark " + strconv.FormatUint(uint64(k.FWMark), 10)
	}
	return netip.AddrPortFrom(k.Addr, k.Port).String()
}

func newVRRPInstance(v vrrp.Status) VRRPInstance {
	return VRRPInstance{
		Name:      v.Name,
		State:     v.State.String(),
		Interface: v.Interface,
		VRID:      v.VRID,
		Version:   v.Version,
		Priority:  v.Priority,
		Source:    addressText(v.Source),
		Master:    addressText(v.Master),
		Since:     moment(v.Since),
		Addresses: append([]netip.Addr{}, v.Addresses...),

		Faults:           append([]string{}, v.Faults...),
		Waiting:          v.Waiting,
		Conflicts:        append([]string{}, v.Conflicts...),
		HandingOver:      v.Handing,
		Released:         v.Released,
		PriorityOverride: v.Override,

		Counters: newVRRPCounters(v.Counters),
	}
}

func newVRRPCounters(c vrrp.Counters) VRRPCounters {
	out := VRRPCounters{
		AdvertsSent:          c.AdvertsSent,
		AdvertsReceived:      c.AdvertsReceived,
		PriorityZeroSent:     c.PriorityZeroSent,
		PriorityZeroReceived: c.PriorityZeroReceived,
		BecameMaster:         c.BecameMaster,
		SendErrors:           c.SendErrors,
		HostErrors:           c.HostErrors,
		ChecksumMessage:      c.ChecksumMessage,
		AddressMismatch:      c.AddressMismatch,
		IntervalMismatch:     c.IntervalMismatch,
		Refused:              make(map[string]uint64, len(c.Refused)),
	}
	for reason, n := range c.Refused {
		out.Refused[reason.String()] = n
	}
	return out
}

// addressText is an address, "" for none.
func addressText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// moment is t, or nil where nothing has happened yet.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
