package config

import (
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
)

// A garpGroup is a garp_group: interfaces that share a limit.
type garpGroup struct {
	interfaces []string
	garp, gna  time.Duration
	at         hcl.Range
}

// decodeGARPGroups reads the garp_group blocks.
func (l *loader) decodeGARPGroups(blocks iter.Seq[*hcl.Block]) []garpGroup {
	var groups []garpGroup
	seen := make(map[string]hcl.Range)
	for b := range blocks {
		c := l.open(b, l.root.child("garp_group"))
		g := garpGroup{at: c.at}
		g.garp, _ = c.duration("garp_interval")
		g.gna, _ = c.duration("gna_interval")
		if g.garp == 0 && g.gna == 0 && !c.anyWrong() && !c.meant("garp_interval", "gna_interval") {
			l.errorAt(c.at, "Missing argument", "A garp_group without an interval limits nothing. Write for example garp_interval = \"10ms\", or remove it.")
		}
		elements, ok := c.list("interfaces")
		if ok && len(elements) == 0 {
			c.bad("interfaces", "No interface", "interfaces is empty. Write at least one, or remove the garp_group.")
		}
		for _, e := range elements {
			if err := checkInterface(e.text); err != nil {
				c.badElement("interfaces", e, "Invalid interface name", "interfaces: %s.", err)
			} else if first, dup := seen[e.text]; dup {
				c.badElement("interfaces", e, "Duplicate interface", "%s is in a garp_group already, at %s. Remove one of them.", e.text, place(first))
			}
			seen[e.text] = e.at
			g.interfaces = append(g.interfaces, e.text)
		}
		groups = append(groups, g)
	}
	return groups
}

// decodeGARP reads when the network is told where the addresses are.
func (i *instance) decodeGARP(groups []garpGroup) {
	g := &i.out.GARP
	g.Repeat, _ = i.c.number("garp_master_repeat")
	g.Delay, _ = i.c.duration("garp_master_delay")
	g.Refresh, _ = i.c.duration("garp_master_refresh")
	g.RefreshRepeat, _ = i.c.number("garp_master_refresh_repeat")
	if !i.strict {
		g.LowerRepeat, g.LowerDelay = g.Repeat, g.Delay
	}
	if n, ok := i.c.number("garp_lower_prio_repeat"); ok {
		g.LowerRepeat = n
	}
	if d, ok := i.c.duration("garp_lower_prio_delay"); ok {
		g.LowerDelay = d
	}
	m := &i.out.Master
	m.GARPInterval, _ = i.c.duration("garp_interval")
	m.GNAInterval, _ = i.c.duration("gna_interval")
	for _, group := range groups {
		if !slices.Contains(group.interfaces, i.out.Interface) {
			continue
		}
		for _, name := range []string{"garp_interval", "gna_interval"} {
			if i.c.given(name) {
				i.c.bad(name, "Contradictory arguments", "%s is in a garp_group (%s), whose limit is for all its interfaces together. Write it there alone.", i.out.Interface, place(group.at))
			}
		}
		m.GARPInterval, m.GNAInterval = group.garp, group.gna
		m.GARPGroup = strings.Join(group.interfaces, " ")
	}
}
