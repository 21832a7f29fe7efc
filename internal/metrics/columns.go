package metrics

import (
	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/director/ipvs"
)

// A column is a family that has series for each of many rows.
type column[Row any] struct {
	family
	write func(w *writer, r *Row)
}

// A virtualRow is a virtual server with the sums of its real servers.
type virtualRow struct {
	*director.VirtualServerStatus
	labels           string                // virtual_server="web"
	states           [len(states{})]uint64 // real servers in each
	active, inactive uint64
}

// A realRow is a real server.
type realRow = director.RealServerStatus

// states are those of a real server, in director's words. Operators make two of
// them.
type states [5]string

func realStates() states { return states{"up", "down", "unknown", "drained", "disabled"} }

// Series for each row, for the bound on all of them.
const (
	virtualSeries = 26
	realSeries    = 15
)

// virtualColumns tell of each virtual server.
func virtualColumns() []column[virtualRow] {
	labels := []string{"virtual_server"}
	of := func(name string, k kind, help string, value func(*virtualRow) uint64) column[virtualRow] {
		return column[virtualRow]{family{"ldirector_virtual_server_" + name, k, labels, help},
			func(w *writer, r *virtualRow) { w.number(value(r)) }}
	}
	is := func(name, help string, true func(*virtualRow) bool) column[virtualRow] {
		return column[virtualRow]{family{"ldirector_virtual_server_" + name, gauge, labels, help},
			func(w *writer, r *virtualRow) { w.truth(true(r)) }}
	}
	all := []column[virtualRow]{
		{family{"ldirector_virtual_server_info", gauge, []string{"virtual_server", "address", "protocol", "scheduler"}, "1, for what a virtual server is. With several services, address and protocol are those of the first."},
			func(w *writer, r *virtualRow) { w.info(r) }},
		is("quorum_up", "1 if the live real servers have the quorum.", func(r *virtualRow) bool { return r.QuorumUp }),
		of("quorum", gauge, "Weight that live real servers need in all.", func(r *virtualRow) uint64 { return uint64(r.Quorum) }),
		of("live_weight", gauge, "Weight that live real servers have in all.", func(r *virtualRow) uint64 { return uint64(r.LiveWeight) }),
		{family{"ldirector_virtual_server_real_servers", gauge, []string{"virtual_server", "state"}, "Real servers by state: up, down, unknown (no probe has ended yet), drained or disabled."},
			func(w *writer, r *virtualRow) {
				for i, state := range realStates() {
					w.labelled("state", state, r.states[i])
				}
			}},
		is("sorry_server_active", "1 if the sorry server stands in.", func(r *virtualRow) bool { return r.SorryActive }),
		is("suspended", "1 if there are no probes because the address is not on this host (ha_suspend).", func(r *virtualRow) bool { return r.Suspended }),
		is("contested", "1 if another program changes the service again and again.", func(r *virtualRow) bool { return r.Contested }),
		is("refused", "1 if the kernel refuses a part of it.", func(r *virtualRow) bool { return r.Error != "" }),
		of("repairs_total", counter, "How often another program was found to have changed it, which was repaired.", func(r *virtualRow) uint64 { return r.Repairs }),
		of("active_connections", gauge, "Established connections to its real servers.", func(r *virtualRow) uint64 { return r.active }),
		of("inactive_connections", gauge, "Connections in any other state to its real servers.", func(r *virtualRow) uint64 { return r.inactive }),
	}
	return append(all, statsColumns("ldirector_virtual_server_", labels, func(r *virtualRow) *ipvs.Stats { return r.Stats })...)
}

// realColumns tell of each real server.
func realColumns() []column[realRow] {
	labels := []string{"virtual_server", "real_server"}
	counted := func(name, help string, value func(*realRow) uint32) column[realRow] {
		return column[realRow]{family{"ldirector_real_server_" + name, gauge, labels, help}, func(w *writer, r *realRow) {
			if r.Stats != nil {
				w.number(uint64(value(r)))
			}
		}}
	}
	all := []column[realRow]{
		{family{"ldirector_real_server_up", gauge, labels, "1 if it is up: its probes find it healthy, and no command keeps it out."},
			func(w *writer, r *realRow) { w.truth(r.State == "up") }},
		{family{"ldirector_real_server_state", gauge, []string{"virtual_server", "real_server", "state"}, "1, for the state it is in. There is no series for the others."},
			func(w *writer, r *realRow) { w.labelled("state", r.State, 1) }},
		{family{"ldirector_real_server_weight", gauge, labels, "Weight in the kernel; 0 also if it is not there."},
			func(w *writer, r *realRow) { w.number(uint64(r.Weight)) }},
		counted("active_connections", "Established connections.", func(r *realRow) uint32 { return r.Active }),
		counted("inactive_connections", "Connections in any other state.", func(r *realRow) uint32 { return r.Inactive }),
	}
	return append(all, statsColumns("ldirector_real_server_", labels, func(r *realRow) *ipvs.Stats { return r.Stats })...)
}

// statsColumns tell what the kernel counts. Rows of which it does not are left
// out: a zero would look like a counter that began anew.
func statsColumns[Row any](prefix string, labels []string, of func(*Row) *ipvs.Stats) []column[Row] {
	var all []column[Row]
	for _, f := range []struct {
		name  string
		kind  kind
		help  string
		value func(*ipvs.Stats) uint64
	}{
		{"connections_total", counter, "Connections that were scheduled.", func(s *ipvs.Stats) uint64 { return s.Connections }},
		{"incoming_packets_total", counter, "Packets from clients.", func(s *ipvs.Stats) uint64 { return s.PacketsIn }},
		{"outgoing_packets_total", counter, "Packets to clients; with DR and TUN they take another way and are not seen.", func(s *ipvs.Stats) uint64 { return s.PacketsOut }},
		{"incoming_bytes_total", counter, "Bytes from clients, with IP headers.", func(s *ipvs.Stats) uint64 { return s.BytesIn }},
		{"outgoing_bytes_total", counter, "Bytes to clients, with IP headers; with DR and TUN they are not seen.", func(s *ipvs.Stats) uint64 { return s.BytesOut }},
		{"connections_per_second", gauge, "The kernel's own rate of connections, smoothed over some seconds.", func(s *ipvs.Stats) uint64 { return s.ConnectionRate }},
		{"incoming_packets_per_second", gauge, "The kernel's own rate of packets from clients.", func(s *ipvs.Stats) uint64 { return s.PacketRateIn }},
		{"outgoing_packets_per_second", gauge, "The kernel's own rate of packets to clients.", func(s *ipvs.Stats) uint64 { return s.PacketRateOut }},
		{"incoming_bytes_per_second", gauge, "The kernel's own rate of bytes from clients.", func(s *ipvs.Stats) uint64 { return s.ByteRateIn }},
		{"outgoing_bytes_per_second", gauge, "The kernel's own rate of bytes to clients.", func(s *ipvs.Stats) uint64 { return s.ByteRateOut }},
	} {
		all = append(all, column[Row]{family{prefix + f.name, f.kind, labels, f.help}, func(w *writer, r *Row) {
			if s := of(r); s != nil {
				w.number(f.value(s))
			}
		}})
	}
	return all
}
