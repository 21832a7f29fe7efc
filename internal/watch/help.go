package watch

import (
	"fmt"
	"strings"
)

// A binding is a key, and what it does.
type binding struct{ key, does string }

// bindings are those of the list; some act in other panes, too.
func bindings() []binding {
	return []binding{
		{"up, down, j, k", "select a real server"},
		{"PgUp, PgDn, Home, End", "the same, in larger steps"},
		{"s", "sort by name, state, connections, rate or weight"},
		{"r, S", "reverse the order"},
		{"/", "show only what has a text in name, state or reason"},
		{"Enter", "details: probes, command, totals, events"},
		{"d", "drain: finish its connections, then leave the table"},
		{"x", "disable: leave the table at once"},
		{"e", "enable: take back drain, disable and weight"},
		{"v", "VRRP; there d releases an instance, e lets it preempt"},
		{"p", "pause; p again goes on"},
		{"Esc", "back; all real servers"},
		{"Ctrl-L", "draw the screen anew"},
		{"q, Ctrl-C", "end"},
	}
}

// Keys explains the keys, for manuals.
func Keys() string {
	var text strings.Builder
	for _, b := range bindings() {
		fmt.Fprintf(&text, "    %-22s %s\n", b.key, b.does)
	}
	return text.String()
}

// helpLines are the pane that explains the keys.
func helpLines() []string {
	lines := []string{paint(bold, "Keys"), ""}
	for _, b := range bindings() {
		lines = append(lines, fmt.Sprintf("  %s %s", paint(bold, fit(b.key, 22)), b.does))
	}
	return append(lines, "", "d, x and e ask before they do anything.")
}

// keys are the reminder at the bottom.
func (m model) keys() string {
	switch m.pane {
	case details:
		return "esc back  j/k scroll  d drain  x disable  e enable  p pause  ? help  q quit"
	case routers:
		return "esc back  j/k select  d release  e preempt  p pause  ? help  q quit"
	case help:
		return "esc back  q quit"
	default:
		return m.listKeys()
	}
}

// listKeys are those of the list.
func (m model) listKeys() string {
	text := "enter details  s sort  / filter  d drain  x disable  e enable  v VRRP  ? help"
	more := text + "  p pause  q quit  (sorted by " + m.list.order.String()
	if m.list.reverse {
		more += ", reversed"
	}
	if more += ")"; width(more) <= m.width {
		return more
	}
	return text
}
