package guardian

import (
	"context"
	"time"

	"github.com/ldirector/ldirector/internal/netif"
	"github.com/ldirector/ldirector/vrrp"
)

// mendInterval is after what time static routes and rules are looked for that
// were lost while no interface has changed.
const mendInterval = 5 * time.Second

// mend puts back what has gone from the host: macvlans whose base is back, and
// what is static.
func (e *Engine) mend(ctx context.Context) {
	tick := time.NewTicker(mendInterval)
	defer tick.Stop()
	tried := make(map[string]int)
	for {
		changed := e.mendOnce(tried)
		select {
		case <-changed:
		case <-tick.C:
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
