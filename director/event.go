package director

import (
	"context"
	"log/slog"
	"net/netip"

	"github.com/ldirector/ldirector/director/ipvs"
)

// An Event is a piece of news for the operator. Nothing is decided by it.
type Event struct {
	Kind          EventKind
	VirtualServer string         // its name
	Keys          []ipvs.Key     // its services; not to be changed
	RealServer    netip.AddrPort // as configured; the sorry server for its kinds; not for quorums
	Reason        string         // why it is down, what it warns of, which weight it has
	// First marks good news about something of which nothing was known before:
	// a start has thousands of them.
	First bool
	// Command is what the configuration says to run for it, nil: nothing
	// (keepalived: notify_up, notify_down, quorum_up, quorum_down).
	Command []string

	leaving bool // bad news that only says that the configuration, or the director, goes
}

// An EventKind says what has happened.
type EventKind uint8

// The kinds of events.
const (
	ServerUp       EventKind = iota // a real server may serve
	ServerDown                      // a real server may not serve any more
	QuorumGained                    // enough real servers are live
	QuorumLost                      // too few are
	SorryServerIn                   // the sorry server replaces the real servers
	SorryServerOut                  // the real servers serve again

	ServerWarning     // a check of a real server that is up has a warning
	ServerWarningOver // no check of it has one any more
	ServerWeight      // its checks want another weight

	QuorumMissing // too few real servers are live, and never were enough: the first verdicts say so

	ServerDrains    // an operator drains it
	ServerDrained   // that is over
	ServerDisabled  // an operator has taken it out
	ServerEnabled   // an operator has left it to the configuration again
	ServerWeightSet // an operator has given it another weight

	ServiceRepaired  // another program had changed it in the kernel
	ServiceContested // another program changes it again and again, of which nothing is told from now on
	ServiceLeftAlone // that is over
)

// String returns the words of the log, "real server up".
func (k EventKind) String() string {
	switch k {
	case ServerUp:
		return "real server up"
	case ServerDown:
		return "real server down"
	case QuorumGained:
		return "quorum gained"
	case QuorumLost:
		return "quorum lost"
	case QuorumMissing:
		return "quorum not reached"
	case SorryServerIn:
		return "sorry server in"
	case SorryServerOut:
		return "sorry server out"
	case ServerWarning:
		return "real server has a warning"
	case ServerWarningOver:
		return "real server has no warning any more"
	case ServerWeight:
		return "real server has another weight"
	case ServerDrains:
		return "real server drains"
	case ServerDrained:
		return "real server is drained"
	case ServerDisabled:
		return "real server disabled"
	case ServerEnabled:
		return "real server enabled"
	case ServerWeightSet:
		return "real server has a weight by command"
	case ServiceRepaired:
		return "service repaired"
	case ServiceContested:
		return "service contested"
	case ServiceLeftAlone:
		return "service left alone again"
	default:
		return "unknown event"
	}
}

// Warning reports whether somebody should look.
func (e Event) Warning() bool { return e.level() >= slog.LevelWarn }

// level is how loud the event is. The good ones of a start are worth a line
// only to somebody who debugs.
func (e Event) level() slog.Level {
	switch e.Kind {
	case ServerDown, QuorumLost, QuorumMissing, SorryServerIn, ServerWarning, ServiceRepaired, ServiceContested:
		if !e.leaving {
			return slog.LevelWarn
		}
	case ServerUp, QuorumGained, SorryServerOut:
		if e.First {
			return slog.LevelDebug
		}
	case ServerWarningOver, ServerDrains, ServerDrained, ServerDisabled, ServerEnabled, ServerWeightSet, ServiceLeftAlone:
	case ServerWeight:
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// log writes the event.
func (e Event) log(ctx context.Context, log *slog.Logger) {
	attrs := []slog.Attr{slog.String("service", e.VirtualServer)}
	if e.RealServer.IsValid() {
		attrs = append(attrs, slog.String("real_server", e.RealServer.String()))
	}
	if e.Reason != "" {
		attrs = append(attrs, slog.String("reason", e.Reason))
	}
	log.LogAttrs(ctx, e.level(), e.Kind.String(), attrs...) //nolint:sloglint // one of a few texts
}
