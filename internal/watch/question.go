package watch

import (
	"context"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/ldirector/ldirector/internal/api"
)

// A question is put before a command is given.
type question struct {
	text string
	what string // is said when it was done
	do   func(context.Context, Director) error
}

// lines draw it.
func (q *question) lines(columns int) []string {
	var lines []string
	for _, part := range wrap(q.text, columns, 4) {
		lines = append(lines, paint(odd, part))
	}
	return append(lines, cut(paint(reversed, " y ")+" do it   "+paint(reversed, " n ")+" leave it", columns))
}

// answerQuestion does what was asked, or not.
func (m *model) answerQuestion(pressed string) tea.Cmd {
	q := m.question
	switch pressed {
	case "y", "Y":
		m.question = nil
		m.notice, m.failed = "Asking ldirector ...", false
		return m.run(func(ctx context.Context, d Director) tea.Msg { return obeyed{q.what, q.do(ctx, d)} })
	case "n", "N", "esc", "q":
		m.question = nil
		m.notice, m.failed = "Nothing was done.", false
	}
	return nil
}

// askDrain, askDisable and askEnable ask about a real server.
func askDrain(v *api.VirtualServer, r *api.RealServer) *question {
	name, k := r.Address+" of "+v.Name, key{v.Name, r.Address}
	return &question{
		text: fmt.Sprintf("Drain %s? It keeps its %s, gets no new ones, and leaves the table when they have ended.%s",
			name, connections(r), alone(v, r)),
		what: "Drained " + name + ".",
		do: func(ctx context.Context, d Director) error {
			return d.Drain(ctx, k.virtual, k.real, time.Duration(0))
		},
	}
}

func askDisable(v *api.VirtualServer, r *api.RealServer) *question {
	name, k := r.Address+" of "+v.Name, key{v.Name, r.Address}
	return &question{
		text: fmt.Sprintf("Disable %s? It leaves the table at once, and loses its %s.%s", name, connections(r), alone(v, r)),
		what: "Disabled " + name + ".",
		do:   func(ctx context.Context, d Director) error { return d.Disable(ctx, k.virtual, k.real) },
	}
}

func askEnable(v *api.VirtualServer, r *api.RealServer) *question {
	name, k := r.Address+" of "+v.Name, key{v.Name, r.Address}
	text := fmt.Sprintf("Enable %s? No command is in force for it.", name)
	if o := r.Override; o != nil {
		text = fmt.Sprintf("Enable %s? This takes back %q: its configuration and its probes decide again.", name, o.Command)
	}
	return &question{
		text: text,
		what: "Enabled " + name + ".",
		do:   func(ctx context.Context, d Director) error { return d.Enable(ctx, k.virtual, k.real) },
	}
}

func askRelease(v *api.VRRPInstance) *question {
	name := v.Name
	return &question{
		text: fmt.Sprintf("Release %s? A master hands its addresses over to a backup, and does not preempt that one.", name),
		what: "Released " + name + ".",
		do:   func(ctx context.Context, d Director) error { return d.Release(ctx, name) },
	}
}

func askPreempt(v *api.VRRPInstance) *question {
	name := v.Name
	return &question{
		text: fmt.Sprintf("Let %s preempt? It takes over again from a master of lower priority, as its configuration says.", name),
		what: name + " may preempt.",
		do:   func(ctx context.Context, d Director) error { return d.Preempt(ctx, name) },
	}
}

func connections(r *api.RealServer) string {
	return several(int(r.Active)+int(r.Inactive), "connection")
}

// alone warns if no other real server takes new connections.
func alone(v *api.VirtualServer, r *api.RealServer) string {
	for i := range v.RealServers {
		if other := &v.RealServers[i]; other.Address != r.Address && other.Weight > 0 {
			return ""
		}
	}
	return fmt.Sprintf(" NO OTHER real server of %s takes new connections.", v.Name)
}
