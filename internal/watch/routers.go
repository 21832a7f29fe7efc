package watch

import (
	"fmt"
	"strings"

	"github.com/ldirector/ldirector/internal/status"
)

// routers tells of every virtual router.
func (m model) routers() []string {
	const layout = "%-16s %s %8s  %-16s %-6s %-11s %4s"
	lines := []string{"  " + paint(bold, fmt.Sprintf(layout, "VRRP INSTANCE", "STATE  ", "PRIORITY", "MASTER", "SINCE", "INTERFACE", "VRID"))}
	for i, v := range m.status.VRRPInstances {
		state := fit(v.State, 7)
		mark := "> "
		if i != m.router {
			state, mark = paint(stateLook(v.State), state), "  "
		}
		line := mark + fmt.Sprintf(layout, fit(v.Name, 16), state, fmt.Sprint(v.Priority), v.Master,
			status.Age(v.Since, m.now), fit(v.Interface, 11), fmt.Sprint(v.VRID))
		if i == m.router {
			line = paint(reversed, fit(line, m.width))
		}
		lines = append(lines, line)
		lines = append(lines, "    "+strings.TrimSpace(status.Addresses(v)+"  "+paint(odd, status.InstanceRemark(v))))
	}
	if len(m.status.VRRPInstances) == 0 {
		lines = append(lines, "", "  There are no virtual routers.")
	}
	for _, g := range m.status.VRRPGroups {
		lines = append(lines, "", fmt.Sprintf("  Group %s is %s: %s", g.Name, g.State, strings.Join(g.Members, ", ")))
	}
	for _, f := range m.status.ForeignRouters {
		lines = append(lines, "", "  "+status.Foreign(f, m.now))
	}
	return lines
}
