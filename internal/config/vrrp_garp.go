package config

import (
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
