package watch

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/status"
)

// A key names a real server of a virtual server.
type key struct{ virtual, real string }

// An order is what the list is sorted by.
type order int

const (
	byName order = iota // virtual servers with their real servers
	byState
	byActive
	byRate
	byWeight
	orders // how many there are
)

func (o order) String() string {
	return [...]string{"name", "state", "active connections", "rate", "weight"}[o]
}

// A line is a real server, or the heading of a virtual server.
type line struct {
	service *api.VirtualServer
	server  *api.RealServer // nil: a heading
	addr    netip.AddrPort  // of server, to sort by
}

func (l line) key() key { return key{l.service.Name, l.server.Address} }

// list is what there is to choose from, in its order.
type list struct {
	status   api.Status
	order    order
	reverse  bool
	search   string
	lines    []line
	selected key // stays selected wherever it goes
	cursor   int // its line, -1: there is none
	top      int // first line on the screen
	names    int // width of the widest name
}

// fill takes a new status.
func (l *list) fill(st api.Status) {
	l.status = st
	l.arrange()
}

// arrange makes the lines anew, after anything has changed. If the selected
// server is gone, its place is selected.
func (l *list) arrange() {
	l.lines = l.lines[:0:0]
	for i := range l.status.VirtualServers {
		l.add(&l.status.VirtualServers[i])
	}
	if l.order == byName {
		l.group()
	} else {
		slices.SortStableFunc(l.lines, l.compare)
	}
	l.names = 0
	for _, line := range l.lines {
		l.names = max(l.names, width(l.name(line)))
	}
	at := slices.IndexFunc(l.lines, func(line line) bool { return line.server != nil && line.key() == l.selected })
	if at < 0 {
		at = max(0, min(l.cursor, len(l.lines)-1))
	}
	l.choose(at, 1)
}

// add appends the real servers of a virtual server that are searched for.
func (l *list) add(v *api.VirtualServer) {
	whole := l.matches(v.Name, status.Condition(*v), strings.Join(v.Services, " "))
	for i := range v.RealServers {
		r := &v.RealServers[i]
		if whole || l.matches(r.Address, r.State, status.Remark(*r)) {
			addr, _ := netip.ParseAddrPort(r.Address) // 0, if it is none
			l.lines = append(l.lines, line{v, r, addr})
		}
	}
}

// matches reports whether one of the texts has what is searched for.
func (l *list) matches(texts ...string) bool {
	return slices.ContainsFunc(texts, func(text string) bool {
		return strings.Contains(strings.ToLower(text), strings.ToLower(l.search))
	})
}

// group sorts by name, and adds the headings.
func (l *list) group() {
	if l.search == "" { // else only those with something below them
		for i := range l.status.VirtualServers {
			if v := &l.status.VirtualServers[i]; len(v.RealServers) == 0 {
				l.lines = append(l.lines, line{service: v, server: &api.RealServer{}})
			}
		}
	}
	slices.SortStableFunc(l.lines, l.compare)
	headed := make([]line, 0, len(l.lines)+len(l.status.VirtualServers))
	var last *api.VirtualServer
	for _, line := range l.lines {
		if line.service != last {
			headed = append(headed, heading(line.service))
			last = line.service
		}
		if line.server.Address != "" {
			headed = append(headed, line)
		}
	}
	l.lines = headed
}

func heading(v *api.VirtualServer) line { return line{service: v} }

// compare is the order of two lines.
func (l *list) compare(a, b line) int {
	c := 0
	switch l.order {
	case byState:
		c = cmp.Compare(urgency(a.server.State), urgency(b.server.State))
	case byActive:
		c = cmp.Compare(b.server.Active, a.server.Active)
	case byRate:
		c = compareRates(b.server, a.server)
	case byWeight:
		c = cmp.Compare(b.server.Weight, a.server.Weight)
	default: // byName
	}
	if l.order != byName && l.reverse {
		c = -c
	}
	if c != 0 {
		return c
	}
	c = cmp.Or(strings.Compare(a.service.Name, b.service.Name), a.addr.Compare(b.addr), strings.Compare(a.server.Address, b.server.Address))
	if l.order == byName && l.reverse {
		c = -c
	}
	return c
}

// urgency is the place of a state where the worst comes first.
func urgency(state string) int {
	return slices.Index([]string{"up", "drained", "disabled", "unknown", "down"}, state) * -1
}

// name is what stands in the first column.
func (l *list) name(line line) string {
	switch {
	case line.server == nil:
		return ""
	case l.order == byName:
		return line.server.Address
	default:
		return line.service.Name + " " + line.server.Address
	}
}

// current is the selected line.
func (l *list) current() (line, bool) {
	if l.cursor < 0 {
		return line{}, false
	}
	return l.lines[l.cursor], true
}

// choose selects the line at, or the next one in a direction that is no heading,
// or else the next one in the other.
func (l *list) choose(at, direction int) {
	l.cursor = -1
	at = max(0, min(at, len(l.lines)-1))
	for _, step := range []int{direction, -direction} {
		for i := at; i >= 0 && i < len(l.lines); i += step {
			if l.lines[i].server != nil {
				l.cursor, l.selected = i, l.lines[i].key()
				return
			}
		}
	}
}

// first selects the first line.
func (l *list) first() { l.choose(0, 1) }

// move selects what is some lines further down, or up.
func (l *list) move(lines int) {
	direction := 1
	if lines < 0 {
		direction = -1
	}
	if l.cursor >= 0 {
		l.choose(l.cursor+lines, direction)
	}
}

// follow scrolls so that the selected line is among so many on the screen.
func (l *list) follow(room int) {
	if l.order == byName {
		room-- // a heading stays at the top
	}
	room = max(room, 1)
	l.top = min(l.top, max(l.cursor, 0))
	l.top = max(l.top, l.cursor-room+1)
	l.top = max(0, min(l.top, len(l.lines)-room))
}
