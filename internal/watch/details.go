package watch

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/status"
)

// find returns the real server that a key names, nil if there is none.
func (m model) find(k key) (*api.VirtualServer, *api.RealServer) {
	for i := range m.status.VirtualServers {
		v := &m.status.VirtualServers[i]
		if v.Name != k.virtual {
			continue
		}
		for j := range v.RealServers {
			if v.RealServers[j].Address == k.real {
				return v, &v.RealServers[j]
			}
		}
	}
	return nil, nil
}

// details are all that is known of a real server.
func (m model) details() []string {
	title := paint(bold, m.shown.real+" of "+m.shown.virtual)
	v, r := m.find(m.shown)
	if r == nil {
		return []string{title, "", "  It is not there any more, or not in the states that were asked for."}
	}
	lines := []string{title, ""}
	add := func(name, value string) {
		if value != "" {
			lines = append(lines, m.field(name, value)...)
		}
	}
	add("state", paint(stateLook(r.State), r.State)+since(r.Since, m.now))
	add("service", headline(v))
	add("reason", r.Reason)
	add("warning", r.Warning)
	add("command", override(r, m.now))
	add("weight", weights(r))
	add("method", r.Method)
	add("connections", fmt.Sprintf("%d active, %d inactive", r.Active, r.Inactive))
	add("rates", traffic(r.Rates, "/s"))
	add("totals", traffic(r.Totals, ""))
	lines = append(lines, "")
	lines = append(lines, m.probeLines()...)
	return append(lines, m.eventLines()...)
}

// field is a name and a value, in as many lines as that needs.
func (m model) field(name, value string) []string {
	const margin = 15
	lines := wrap(value, m.width-margin, 10)
	for i := range lines {
		lines[i] = fmt.Sprintf("  %-12s %s", name, lines[i])
		name = ""
	}
	return lines
}

// since tells an age where it is known.
func since(t *time.Time, now time.Time) string {
	if t == nil {
		return ""
	}
	return fmt.Sprintf(" for %s, since %s", status.Age(t, now), t.Local().Format(time.DateTime))
}

// weights are those in the kernel, of the configuration and of the probes.
func weights(r *api.RealServer) string {
	text := fmt.Sprintf("%d in the kernel, %d configured", r.Weight, r.ConfiguredWeight)
	if r.EffectiveWeight != r.ConfiguredWeight {
		text += fmt.Sprintf(", %d by its probes", r.EffectiveWeight)
	}
	return text
}

// override tells what an operator has commanded, "" for nothing.
func override(r *api.RealServer, now time.Time) string {
	o := r.Override
	if o == nil {
		return ""
	}
	text := o.Command
	if o.Weight != nil {
		text += fmt.Sprintf(" %d", *o.Weight)
	}
	text += " by command"
	if o.Since != nil {
		text += " " + status.Age(o.Since, now) + " ago"
	}
	switch {
	case o.Over:
		text += ", its connections have ended"
	case o.Until != nil:
		text += ", until " + o.Until.Local().Format(time.TimeOnly) + " at the latest"
	}
	return text
}

// traffic tells what a real server has to do.
func traffic(t *api.Traffic, per string) string {
	if t == nil {
		return "not known, or it is not in the kernel's table"
	}
	n := status.Number
	return fmt.Sprintf("%s%s connections; in %sB%s, %s%s packets; out %sB%s, %s%s packets",
		n(t.Connections), per, n(t.BytesIn), per, n(t.PacketsIn), per, n(t.BytesOut), per, n(t.PacketsOut), per)
}

// probeLines tell what each probe said last.
func (m model) probeLines() []string {
	if len(m.probes) == 0 {
		return []string{"  It has no probes."}
	}
	lines := []string{paint(bold, fmt.Sprintf("  %-14s %-8s %-7s %-7s %s", "PROBE", "STATE", "SINCE", "LAST", "SAYS"))}
	for _, p := range m.probes {
		says := p.Reason
		if p.Warning != "" {
			says = "WARNING " + p.Warning
		}
		line := "  " + fit(p.Kind, 14) + " " + paint(stateLook(p.State), fit(p.State, 8)) +
			fmt.Sprintf(" %-7s %-7s ", status.Age(p.Since, m.now), status.Age(p.Last, m.now))
		if width(line+says) <= m.width {
			lines = append(lines, line+says)
		} else {
			lines = append(append(lines, line), m.field("", says)...)
		}
		if n := len(p.History); n > 0 {
			took := time.Duration(p.History[n-1].DurationSeconds * float64(time.Second)).Round(10 * time.Microsecond)
			lines = append(lines, m.field("", history(p.History, m.width-40)+fmt.Sprintf(" took %s", took))...)
		}
	}
	return lines
}

// history has a mark for each of the latest results, the newest last.
func history(results []api.ProbeResult, most int) string {
	var b strings.Builder
	for _, r := range results[max(len(results)-max(most, 1), 0):] {
		switch r.Result {
		case "passed":
			b.WriteString(paint(good, "."))
		case "failed":
			b.WriteString(paint(bad, "x"))
		default: // trouble of this host
			b.WriteString(paint(odd, "-"))
		}
	}
	return b.String()
}

// eventLines are the events of the real server, the newest first.
func (m model) eventLines() []string {
	var lines []string
	for _, e := range slices.Backward(m.events) {
		if e.VirtualServer == m.shown.virtual && e.RealServer == m.shown.real {
			e.VirtualServer, e.RealServer = "", ""
			lines = append(lines, "  "+status.EventLine(e, time.DateTime))
		}
	}
	if lines == nil {
		return nil
	}
	return append([]string{"", paint(bold, "  EVENTS")}, lines...)
}
