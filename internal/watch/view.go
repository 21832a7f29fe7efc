package watch

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/ldirector/ldirector/internal/status"
)

// View draws the screen.
func (m model) View() tea.View {
	v := tea.NewView(strings.Join(m.screen(), "\n"))
	v.AltScreen = true
	return v
}

// screen returns every line of the screen.
func (m model) screen() []string {
	above, below := m.above(), m.below()
	room := m.room()
	lines := append(above, m.middle(room)...)
	for len(lines) < len(above)+room {
		lines = append(lines, "")
	}
	lines = append(lines, below...)
	if len(lines) > m.height { // hardly any room: what was asked counts most
		lines = lines[len(lines)-m.height:]
	}
	return lines
}

// room is how many lines are left for the pane.
func (m model) room() int { return max(m.height-len(m.above())-len(m.below()), 0) }

// middle draws the pane.
func (m model) middle(room int) []string {
	switch m.pane {
	case details:
		return m.scrolled(m.details(), room)
	case routers:
		return m.scrolled(m.routers(), room)
	case help:
		return m.scrolled(helpLines(), room)
	default:
		if len(m.list.lines) == 0 {
			return []string{"", "  " + m.nothing()}
		}
		return m.list.draw(columns(m.width, m.list.nameWidth(m.width)), m.width, room, m.now)
	}
}

// nothing says why there is no real server to show.
func (m model) nothing() string {
	switch {
	case m.at.IsZero():
		return "Asking ldirector ..."
	case m.list.search != "":
		return fmt.Sprintf("Nothing has %q in it. Esc shows all.", m.list.search)
	case len(m.filter.Names)+len(m.filter.States) > 0:
		return "There is nothing of the names and states that were asked for."
	default:
		return "There are no virtual servers. v shows VRRP."
	}
}

// scrolled is the part of a pane that is on the screen.
func (m model) scrolled(lines []string, room int) []string {
	from := max(0, min(m.scroll, len(lines)-room))
	lines = lines[from:min(from+room, len(lines))]
	for i := range lines {
		lines[i] = cut(lines[i], m.width)
	}
	return lines
}

// above is what stands over the pane: who it is, and what hinders.
func (m model) above() []string {
	lines := []string{m.title()}
	if m.lost != nil {
		text := "NO ANSWER: " + status.Printable(m.lost.Error())
		if !m.at.IsZero() {
			text = fmt.Sprintf("NO ANSWER for %s, what is shown is of %s: %s", status.Age(&m.at, m.now), m.at.Format(time.TimeOnly), status.Printable(m.lost.Error()))
		}
		for _, part := range wrap(text, m.width, 2) {
			lines = append(lines, paint(alarm, fit(part, m.width)))
		}
	}
	return append(lines, m.problems(max(m.height/6, 1))...)
}

// problems are those of the director, in so many lines at most.
func (m model) problems(most int) []string {
	var lines []string
	for _, text := range status.Problems(m.status) {
		parts := strings.Split(text, "\n")
		for _, part := range parts[:min(len(parts), 2)] { // of a refused configuration: that, and the first error
			lines = append(lines, paint(bad, cut(part, m.width)))
		}
	}
	for _, v := range m.status.VRRPInstances {
		for _, text := range v.Conflicts {
			lines = append(lines, paint(bad, cut(fmt.Sprintf("CONFLICT in %s: %s", v.Name, text), m.width)))
		}
	}
	if len(lines) > most {
		lines[most-1] = ends(lines[most-1], paint(bad, fmt.Sprintf(" and %d lines more: ldirector status", len(lines)-most)), m.width)
		lines = lines[:most]
	}
	return lines
}

// title is the first line.
func (m model) title() string {
	counts := make(map[string]int)
	total := 0
	for _, v := range m.status.VirtualServers {
		total += len(v.RealServers)
		for _, r := range v.RealServers {
			counts[r.State]++
		}
	}
	var states []string
	for _, state := range []string{"up", "down", "unknown", "drained", "disabled"} {
		if n := counts[state]; n > 0 {
			states = append(states, paint(stateLook(state), fmt.Sprintf("%d %s", n, state)))
		}
	}
	left := paint(bold, strings.TrimSpace("ldirector "+m.status.RouterID)) +
		"  " + several(len(m.status.VirtualServers), "service") + ", " + several(total, "real server")
	if states != nil {
		left += ": " + strings.Join(states, ", ")
	}
	return ends(left, m.clock(), m.width)
}

// several is a number of things.
func several(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// clock says of when the screen is.
func (m model) clock() string {
	switch {
	case m.at.IsZero():
		return ""
	case m.poll.paused && m.unseen > 0:
		return paint(reversed, fmt.Sprintf(" PAUSED, %d new ", m.unseen)) + " " + m.at.Format(time.TimeOnly)
	case m.poll.paused:
		return paint(reversed, " PAUSED ") + " " + m.at.Format(time.TimeOnly)
	default:
		return m.at.Format(time.TimeOnly)
	}
}

// below is what stands under the pane.
func (m model) below() []string {
	var lines []string
	if m.pane == servers {
		lines = append(lines, m.selection(), m.vrrp())
	}
	if n := max(0, min((m.height-12)/4, 8)); n > 0 && m.pane != help {
		lines = append(lines, m.news(n)...)
	}
	switch {
	case m.question != nil:
		return append(lines, m.question.lines(m.width)...)
	case m.searching:
		return append(lines, cut("Show what has in it: "+m.list.search+paint(reversed, " ")+"  enter keeps it, esc shows all", m.width))
	case m.notice != "":
		look := good
		if m.failed {
			look = bad
		}
		for _, part := range wrap(m.notice, m.width, 3) {
			lines = append(lines, paint(look, part))
		}
		return lines
	}
	keys := paint(faint, m.keys())
	if m.list.search != "" && m.pane == servers {
		keys = paint(reversed, fmt.Sprintf(" only with %q ", m.list.search)) + paint(faint, "  esc all  ") + keys
	}
	return append(lines, cut(keys, m.width))
}

// selection tells the selected real server's state in full width.
func (m model) selection() string {
	line, ok := m.list.current()
	if !ok {
		return ""
	}
	text := fmt.Sprintf("%s of %s: ", line.server.Address, line.service.Name) + paint(stateLook(line.server.State), line.server.State)
	if line.server.Since != nil {
		text += " for " + status.Age(line.server.Since, m.now)
	}
	if remark := status.Remark(*line.server); remark != "" {
		text += ": " + remark
	}
	return cut(text, m.width)
}

// vrrp tells the states of the virtual routers in a line.
func (m model) vrrp() string {
	parts := []string{}
	for _, v := range m.status.VRRPInstances {
		parts = append(parts, v.Name+" "+paint(stateLook(v.State), v.State))
	}
	if len(parts) == 0 {
		return paint(faint, "No VRRP instance")
	}
	return cut("VRRP: "+strings.Join(parts, ", "), m.width)
}

// news are the newest events, the last one at the bottom.
func (m model) news(most int) []string {
	lines := []string{paint(faint, fit("-- events "+strings.Repeat("-", max(m.width-10, 0)), m.width))}
	events := m.events[:max(len(m.events)-m.unseen, 0)]
	for _, e := range events[max(len(events)-most, 0):] {
		look := normal
		if e.Warning {
			look = odd
		}
		lines = append(lines, paint(look, cut(status.EventLine(e, time.TimeOnly), m.width)))
	}
	for len(lines) <= most {
		lines = append(lines, "")
	}
	return lines
}
