package status

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ldirector/ldirector/internal/api"
)

// Print writes st for people: now is what ages are counted from. States have
// colours if the reader's terminal is to have them.
func Print(w io.Writer, st api.Status, now time.Time, coloured bool) error {
	p := printer{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0), now, coloured}
	for _, text := range Problems(st) {
		fmt.Fprintf(p, "%s\n\n", p.paint(red, text))
	}
	for i, vs := range st.VirtualServers {
		if i > 0 {
			fmt.Fprintln(p)
		}
		p.virtualServer(vs)
	}
	if len(st.VRRPInstances) > 0 {
		if len(st.VirtualServers) > 0 {
			fmt.Fprintln(p)
		}
		p.instances(st)
	}
	if roles := st.SyncDaemon.Roles; len(roles) > 0 {
		fmt.Fprintf(p, "\nThe kernel's sync daemon runs as %s.\n", strings.Join(roles, " and "))
	}
	return p.Flush()
}

// A printer writes a status.
type printer struct {
	*tabwriter.Writer
	now      time.Time
	coloured bool
}

// A colour is a parameter of Select Graphic Rendition (ECMA-48, 8.3.117). All
// have two digits: a tabwriter counts them, so that each cell of a column needs
// as many.
type colour int

const (
	red    colour = 31
	green  colour = 32
	yellow colour = 33
	plain  colour = 39
)

// paint gives text a colour.
func (p printer) paint(c colour, text string) string {
	if !p.coloured {
		return text
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[39m", c, text)
}

// stateColour is the colour of a state.
func stateColour(state string) colour {
	return [...]colour{Plain: plain, Good: green, Odd: yellow, Bad: red}[ToneOf(state)]
}

func (p printer) virtualServer(vs api.VirtualServer) {
	condition := plain
	if !vs.QuorumUp || vs.SorryActive {
		condition = red
	}
	fmt.Fprintf(p, "%s  %s  %s  %s, quorum %d, live weight %d%s%s\n",
		vs.Name, Services(vs), vs.Scheduler, p.paint(condition, Condition(vs)), vs.Quorum, vs.LiveWeight, load(vs.Rates), p.history(vs))
	for _, text := range ServiceProblems(vs) {
		fmt.Fprintf(p, "  %s\n", p.paint(red, text))
	}
	fmt.Fprintf(p, "  REAL SERVER\tMETHOD\t%s\tWEIGHT\tACTIVE\tINACTIVE\tCONN/S\tBYTES/S\tSINCE\tREASON\n", p.paint(plain, "STATE"))
	for _, rs := range vs.RealServers {
		fmt.Fprintf(p, "  %s\t%s\t%s\t%s\t%d\t%d\t%s\t%s\t%s\t%s\n",
			rs.Address, rs.Method, p.paint(stateColour(rs.State), rs.State), Weight(rs), rs.Active, rs.Inactive,
			Connections(rs.Rates), Bytes(rs.Rates), Age(rs.Since, p.now), Remark(rs))
	}
}

// load says what a service has to do.
func load(rates *api.Traffic) string {
	if rates == nil {
		return ""
	}
	return fmt.Sprintf(", %s conn/s, %sB/s", Connections(rates), Bytes(rates))
}

// history says what happened to a service.
func (p printer) history(vs api.VirtualServer) string {
	text := ""
	if vs.Changed != nil {
		text = ", changed " + Age(vs.Changed, p.now) + " ago"
	}
	if vs.Repairs > 0 {
		text += ", repaired " + times(vs.Repairs)
	}
	return text
}

// times says how often.
func times(n uint64) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func (p printer) instances(st api.Status) {
	fmt.Fprintf(p, "VRRP INSTANCE\t%s\tPRIORITY\tMASTER\tSINCE\tINTERFACE\tVRID\tADDRESSES\tREASON\n", p.paint(plain, "STATE"))
	for _, v := range st.VRRPInstances {
		p.instance(v)
	}
	for _, v := range st.VRRPInstances {
		for _, text := range v.Conflicts {
			fmt.Fprintln(p, p.paint(red, fmt.Sprintf("CONFLICT in %s: %s", v.Name, text)))
		}
	}
	for _, g := range st.VRRPGroups {
		fmt.Fprintf(p, "\nGroup %s is %s: %s\n", g.Name, g.State, strings.Join(g.Members, ", "))
	}
	for _, f := range st.ForeignRouters {
		fmt.Fprintf(p, "\n%s\n", Foreign(f, p.now))
	}
}

func (p printer) instance(v api.VRRPInstance) {
	master := v.Master
	if master == "" {
		master = "-"
	}
	fmt.Fprintf(p, "%s\t%s\t%d\t%s\t%s\t%s\t%d\t%s\t%s\n", v.Name, p.paint(stateColour(v.State), v.State), v.Priority,
		master, Age(v.Since, p.now), v.Interface, v.VRID, Addresses(v), InstanceRemark(v))
}
