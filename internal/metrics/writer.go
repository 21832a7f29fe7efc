package metrics

import (
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/ldirector/ldirector/director"
)

// flushAt is how much text is collected before it is written.
const flushAt = 32 << 10

// A writer writes series in Prometheus' text format, version 0.0.4.
// https://prometheus.io/docs/instrumenting/exposition_formats/
type writer struct {
	to   io.Writer
	text []byte
	err  error // the first one

	name   string // of the family
	labels string // of the virtual server
	server string // address of the real server, "" for none
}

// begin begins a family.
func (w *writer) begin(f *family) {
	w.name = f.name
	w.text = append(w.text, "# HELP "+f.name+" "+f.help+"\n# TYPE "+f.name+" "+string(f.kind)+"\n"...)
}

// open begins a series up to its last label.
func (w *writer) open() {
	if len(w.text) >= flushAt {
		w.flush()
	}
	w.text = append(w.text, w.name...)
	w.text = append(w.text, '{')
	w.text = append(w.text, w.labels...)
	if w.server != "" {
		w.text = append(w.text, `,real_server="`...)
		w.text = append(w.text, w.server...)
		w.text = append(w.text, '"')
	}
}

// close ends a series with its value.
func (w *writer) close(value uint64) {
	w.text = append(w.text, "} "...)
	w.text = strconv.AppendUint(w.text, value, 10)
	w.text = append(w.text, '\n')
}

// number writes the series of the row.
func (w *writer) number(value uint64) {
	w.open()
	w.close(value)
}

// truth is number for a condition.
func (w *writer) truth(b bool) { w.number(uint64(truth(b))) }

// labelled writes a series of the row with one more label.
func (w *writer) labelled(name, text string, value uint64) {
	w.open()
	w.label(name, text)
	w.close(value)
}

// label adds a label to an open series.
func (w *writer) label(name, value string) {
	w.text = append(w.text, ',')
	w.text = append(w.text, name...)
	w.text = append(w.text, `="`...)
	w.text = append(w.text, escape(value)...)
	w.text = append(w.text, '"')
}

// info writes what a virtual server is.
func (w *writer) info(r *virtualRow) {
	key := r.Keys[0]
	w.open()
	if key.FWMark != 0 {
		w.label("address", "fwmark "+strconv.FormatUint(uint64(key.FWMark), 10))
		w.label("protocol", "FWM")
	} else {
		w.label("address", endpoint(key.Addr, key.Port))
		w.label("protocol", key.Protocol.String())
	}
	w.label("scheduler", r.Scheduler)
	w.close(1)
}

// flush hands the text on.
func (w *writer) flush() {
	if w.err == nil {
		_, w.err = w.to.Write(w.text)
	}
	w.text = w.text[:0]
}

// escape makes a text the value of a label.
func escape(s string) string {
	if !strings.ContainsAny(s, "\\\n\"") {
		return s
	}
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`).Replace(s)
}

// endpoint is an address with its port, or without if that is the service's.
func endpoint(addr netip.Addr, port uint16) string {
	if port == 0 {
		return addr.String()
	}
	return netip.AddrPortFrom(addr, port).String()
}

// A share is what the limits let through.
type share struct {
	virtual, real bool
	leftOut       int // series
}

// share finds out what the limits let through: all real servers or none, and so
// for virtual servers, so that sums over what is there are right.
func (s *Snapshot) share() share {
	if s.Table == nil {
		return share{}
	}
	virtual, real := virtualSeries*len(s.Table.VirtualServers), 0
	for i := range s.Table.VirtualServers {
		real += realSeries * len(s.Table.VirtualServers[i].RealServers)
	}
	if !s.Limits.RealServers {
		real = 0
	}
	switch {
	case virtual > s.Limits.MaxSeries:
		return share{leftOut: virtual + real}
	case virtual+real > s.Limits.MaxSeries:
		return share{virtual: true, leftOut: real}
	default:
		return share{virtual: true, real: real > 0}
	}
}

// writeTable writes the series of virtual servers and real servers.
func (s *Snapshot) writeTable(to io.Writer) error {
	share := s.share()
	w := &writer{to: to, text: make([]byte, 0, flushAt+4<<10)}
	if share.virtual {
		rows := virtualRows(s.Table.VirtualServers)
		for _, c := range virtualColumns() {
			w.begin(&c.family)
			for i := range rows {
				w.labels = rows[i].labels
				c.write(w, &rows[i])
			}
		}
		if share.real {
			w.realServers(rows)
		}
	}
	w.flush()
	return w.err
}

// realServers writes the series of the real servers of virtual ones.
func (w *writer) realServers(virtual []virtualRow) {
	var addresses []string
	for i := range virtual {
		for j := range virtual[i].RealServers {
			addr := virtual[i].RealServers[j].Addr
			addresses = append(addresses, endpoint(addr.Addr(), addr.Port()))
		}
	}
	for _, c := range realColumns() {
		w.begin(&c.family)
		next := addresses
		for i := range virtual {
			w.labels = virtual[i].labels
			for j := range virtual[i].RealServers {
				w.server, next = next[0], next[1:]
				c.write(w, &virtual[i].RealServers[j])
			}
		}
	}
	w.server = ""
}

// virtualRows makes rows of virtual servers.
func virtualRows(servers []director.VirtualServerStatus) []virtualRow {
	rows, states := make([]virtualRow, len(servers)), realStates()
	for i := range servers {
		r := &rows[i]
		r.VirtualServerStatus = &servers[i]
		r.labels = `virtual_server="` + escape(r.Name) + `"`
		for j := range r.RealServers {
			rs := &r.RealServers[j]
			if i := slices.Index(states[:], rs.State); i >= 0 {
				r.states[i]++
			}
			r.active += uint64(rs.Active)
			r.inactive += uint64(rs.Inactive)
		}
	}
	return rows
}
