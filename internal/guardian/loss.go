package guardian

import (
	"context"
	"time"

	"github.com/ldirector/ldirector/vrrp"
)

// missLosses tells the driver of masters that have lost routes or rules; it sees
// for itself when addresses have gone. Complete is since when each router is a
// master that was seen with all of them: what has not been there is not lost.
func (e *Engine) missLosses(ctx context.Context, complete map[string]time.Time) {
	e.mu.Lock()
	current := e.current
	e.mu.Unlock()
	if !current.hasRoutes() {
		return
	}
	report, err := e.driver.Status(ctx)
	if err != nil {
		return // it has ended
	}
	for _, s := range report.Routers {
		r := current.find(s.Name)
		if s.State != vrrp.Master || r == nil || !r.hasRoutes() {
			delete(complete, s.Name)
			continue
		}
		missing, err := e.system.Missing(r.Master)
		switch {
		case err != nil:
			e.log.Warn("routes and rules not looked for", "instance", s.Name, "err", err)
		case len(missing) == 0:
			complete[s.Name] = s.Since
		case complete[s.Name].Equal(s.Since):
			e.log.Warn("a master has lost what belongs to it", "instance", s.Name, "missing", missing)
			e.driver.Lost(s.Name, s.Since)
		}
	}
}

// hasRoutes reports whether a router has routes or rules.
func (s *Setup) hasRoutes() bool {
	for i := range s.Routers {
		if s.Routers[i].hasRoutes() {
			return true
		}
	}
	return false
}

// hasRoutes reports whether a master has routes or rules.
func (r *Router) hasRoutes() bool { return len(r.Master.Routes)+len(r.Master.Rules) > 0 }
