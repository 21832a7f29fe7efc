package director

import (
	"strings"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
)

// A verdict is what the checks of a real server say together.
type verdict struct {
	state    healthcheck.State
	warnings uint8     // how many checks warn
	weight   uint32    // what the server's is to be
	reason   string    // the deciding check's kind and reason: why down, or what keeps it unknown
	warning  string    // kinds and warnings of the checks that warn
	since    time.Time // of state; zero: since the start
	probed   time.Time // end of the last probe that was reported
}

// combine asks the checks of a server, which may change its base weight.
func combine(cfg *RealServer, base uint32, known results) verdict {
	v := verdict{state: healthcheck.Up, weight: base}
	if len(cfg.Checks) == 0 {
		return v
	}
	if v.state = together(cfg.Checks, known, cfg.Any); v.state != healthcheck.Up {
		v.reason = reason(cfg.Checks, known, v.state, cfg.Any)
	}
	var weight weighing
	for _, check := range cfg.Checks {
		status := known[check]
		if v.probed.Before(status.Last) {
			v.probed = status.Last
		}
		if status.State == v.state && v.since.Before(status.Since) {
			v.since = status.Since
		}
		if status.State != healthcheck.Up {
			continue
		}
		weight.add(v.weight, status.Weight)
		if status.Warning != "" && v.state == healthcheck.Up {
			v.warnings++
			v.warning = joined(v.warning, check.Kind()+": "+status.Warning)
		}
	}
	v.weight = weight.of(v.weight)
	return v
}

// together returns the state that the checks give: that of the worst, or with
// anyOne that of the best.
func together(checks []healthcheck.Check, known results, anyOne bool) healthcheck.State {
	decides, other := healthcheck.Down, healthcheck.Up
	if anyOne {
		decides, other = other, decides
	}
	state := other
	for _, check := range checks {
		status := known[check]
		if status.State == decides {
			return decides
		}
		if status.State == healthcheck.Unknown {
			state = healthcheck.Unknown
		}
	}
	return state
}

// reason says why the state is not better: what the first check of that state
// says, or, of a server that is down although one good check would be enough,
// what they all say.
func reason(checks []healthcheck.Check, known results, state healthcheck.State, anyOne bool) string {
	text := ""
	for _, check := range checks {
		status := known[check]
		if status.State != state || status.Reason == "" && state == healthcheck.Unknown {
			continue
		}
		text = joined(text, check.Kind()+": "+status.Reason)
		if !anyOne {
			break
		}
	}
	return text
}

// joined puts texts into one line.
func joined(text, more string) string {
	if text == "" {
		return more
	}
	return strings.Join([]string{text, more}, "; ")
}
