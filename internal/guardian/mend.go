package guardian

import (
	"context"
	"time"

	"github.com/ldirector/ldirector/internal/netif"
	"github.com/ldirector/ldirector/vrrp"
)

// mendPause lets changes that come together be looked at together.
const mendPause = 20 * time.Millisecond

// suspect makes mend look.
func (e *Engine) suspect() {
	select {
	case e.suspects <- struct{}{}:
	default:
	}
}

// mend puts back what has gone from the host: macvlans whose base is back, and
// what is static. What a master has lost is for the driver.
func (e *Engine) mend(ctx context.Context) {
	tried := make(map[string]int)
	complete := make(map[string]time.Time)
	for {
		changed := e.mendOnce(tried)
		e.missLosses(ctx, complete)
		select {
		case <-changed:
		case <-e.suspects:
		case <-ctx.Done():
			return
		}
		select {
		case <-time.After(mendPause):
		case <-ctx.Done():
			return
		}
	}
}

// mendOnce mends what is missing now. The channel is closed when something may
// have changed since. Tried are the indexes of the bases on which missing macvlans
// were made again, by macvlan: there is one attempt for each.
func (e *Engine) mendOnce(tried map[string]int) <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	all, changed := e.known.look() // after a Commit these have its macvlans
	if e.ending != running {
		return changed
	}
	masters := e.current.masters()
	if missesVMAC(all, masters, tried) {
		if err := e.system.Ensure(masters); err != nil {
			e.log.Error("virtual MAC interfaces not made again", "err", err)
		}
	}
	if len(e.current.Static.Addresses)+len(e.current.Static.Routes)+len(e.current.Static.Rules) > 0 {
		e.placeAgain()
	}
	return changed
}

// placeAgain logs an error once.
func (e *Engine) placeAgain() {
	text := ""
	if err := e.place(e.current); err != nil {
		text = err.Error()
	}
	if text != "" && text != e.unplaced {
		e.log.Error("static addresses, routes or rules missing", "err", text)
	}
	e.unplaced = text
}

// missesVMAC reports whether a macvlan is missing that was not tried to make on
// its base yet.
func missesVMAC(all vrrp.Interfaces, masters []netif.Master, tried map[string]int) bool {
	missing := false
	for _, m := range masters {
		if m.VMAC == nil {
			continue
		}
		_, there := all[m.VMAC.Name]
		base := all[m.VMAC.Base].Index
		switch {
		case there:
			delete(tried, m.VMAC.Name)
		case base != 0 && tried[m.VMAC.Name] != base:
			tried[m.VMAC.Name], missing = base, true
		}
	}
	return missing
}
