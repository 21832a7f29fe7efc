package main

import (
	"fmt"
	"strings"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/plan"
	"github.com/ldirector/ldirector/vrrp"
)

// serviceEvent is a piece of the director's news for the API. The good ones of a
// start, and weights that probes change all the time, are none.
func serviceEvent(e director.Event) (out api.Event, news bool) {
	if e.First && !e.Warning() || e.Kind == director.ServerWeight {
		return api.Event{}, false
	}
	out = api.Event{
		Kind:          strings.ReplaceAll(e.Kind.String(), " ", "_"),
		Warning:       e.Warning(),
		VirtualServer: e.VirtualServer,
		Text:          e.Kind.String(),
	}
	if e.RealServer.IsValid() {
		out.RealServer = plan.Endpoint(e.RealServer)
	}
	if e.Reason != "" {
		out.Text += ": " + e.Reason
	}
	return out, true
}

// routerEvent is a piece of news of VRRP for the API. That a master hears one of
// lower priority is no news.
func routerEvent(n vrrp.Notice) (out api.Event, news bool) {
	out = api.Event{Time: n.At, Instance: n.Name, Text: n.Text}
	switch n.Kind {
	case vrrp.StateChanged:
		out.Kind, out.Warning = "vrrp_state", n.To == vrrp.Fault
		out.Text = fmt.Sprintf("%s, was %s", n.To, n.From)
		if n.Group {
			out.Kind = "vrrp_sync_group_state"
		}
	case vrrp.PriorityChanged:
		out.Kind, out.Text = "vrrp_priority", fmt.Sprintf("priority %d", n.Priority)
	case vrrp.Conflict:
		out.Kind, out.Warning = "vrrp_conflict", true
	case vrrp.ConflictOver:
		out.Kind = "vrrp_conflict_over"
		out.Text = "not seen any more: " + n.Text
	default:
		return api.Event{}, false
	}
	return out, true
}

// reloadEvent tells of a reload.
func reloadEvent(done api.Reload, err error) api.Event {
	if err != nil {
		return api.Event{Kind: "reload_refused", Warning: true, Text: "configuration refused, the old one stays: " + firstLine(err.Error())}
	}
	n := done.Plan.Count()
	text := fmt.Sprintf("configuration loaded: %d added, %d changed, %d removed", n.Create, n.Update, n.Delete)
	if len(done.Problems) > 0 {
		text += "; not completely in force yet: " + strings.Join(done.Problems, "; ")
	}
	return api.Event{Kind: "reload", Warning: len(done.Problems) > 0, Text: text}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
