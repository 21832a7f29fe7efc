package syncdaemon

import (
	"fmt"
	"slices"

	"github.com/ldirector/ldirector/director/ipvs"
)

// A Change is a daemon that is to be started (Have is nil), stopped (Want is
// nil) or stopped and started with other settings.
type Change struct {
	Have, Want *ipvs.SyncDaemon
}

// String returns "start sync daemon master on eth1 with ID 51" and the like.
func (c Change) String() string {
	switch {
	case c.Have == nil:
		return fmt.Sprintf("start sync daemon %s", c.Want)
	case c.Want == nil:
		return fmt.Sprintf("stop sync daemon %s", c.Have)
	default:
		return fmt.Sprintf("restart sync daemon %s: now %s", c.Want, settings(*c.Have))
	}
}

// settings returns all that may differ between daemons of one role.
func settings(d ipvs.SyncDaemon) string {
	return fmt.Sprintf("on %s with ID %d, group %s port %d, ttl %d, maxlen %d", d.Interface, d.ID, d.Group, d.Port, d.TTL, d.MaxLen)
}

// Diff returns what makes the daemons that run those that should, in the order
// in which to do it: starts, restarts, stops. Zero values in want are what the
// kernel makes of them.
func Diff(have, want []ipvs.SyncDaemon) []Change {
	var starts, restarts, stops []Change
	for _, w := range want {
		i := slices.IndexFunc(have, func(h ipvs.SyncDaemon) bool { return h.Role == w.Role })
		switch {
		case i < 0:
			starts = append(starts, Change{Want: &w})
		case !runsAs(have[i], w):
			restarts = append(restarts, Change{Have: &have[i], Want: &w})
		}
	}
	for _, h := range have {
		if !slices.ContainsFunc(want, func(w ipvs.SyncDaemon) bool { return w.Role == h.Role }) {
			stops = append(stops, Change{Have: &h})
		}
	}
	return slices.Concat(starts, restarts, stops)
}

// runsAs reports whether a running daemon is as wanted.
func runsAs(have, want ipvs.SyncDaemon) bool {
	have, want = have.Canonical(), want.Canonical()
	if want.MaxLen == 0 { // left to the kernel
		have.MaxLen = 0
	}
	return have == want
}
