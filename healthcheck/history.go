package healthcheck

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

const (
	// keptResults is how many results a history holds: with those reasons it is
	// 512 bytes, which an engine has 10,000 times.
	keptResults = 60
	// keptReasons and maxReason bound what a target makes us remember, whatever
	// it says.
	keptReasons = 8
	maxReason   = 160 // bytes
	// tookUnit is the precision of durations that are remembered. The longest
	// is 167 s.
	tookUnit = 10 * time.Microsecond
	maxTook  = 1<<24 - 1
)

// A Past is what one probe has said.
type Past struct {
	At     time.Time     // its end, to 10 milliseconds
	Took   time.Duration // until the answer or the deadline
	OK     bool          // it found the target healthy
	Local  bool          // it said nothing about it: local trouble
	Reason string        // why not OK; "" too where later ones have taken its place
}

// A history holds the latest results of one check. The zero value has none.
type history struct {
	ring       [keptResults]result
	next, kept uint8     // where the next result goes, and how many there are
	reasons    []failure // that the ring refers to, or did
}

// A result is a Past, packed.
type result struct {
	at   uint32 // in slots since the engine's epoch; it overflows after 497 days
	said uint32 // in the lowest byte a place in reasons, counted from 1, or one of these; above it the duration
}

const (
	saidOK    = 0
	saidOther = 0xff // a failure whose reason is not kept
	saidLocal = 0xfe // the same of local trouble
)

// A failure is why probes were not good.
type failure struct {
	text  string
	local bool
}

// add takes in the result of a probe that ended at a time since the epoch.
// text says why it failed.
func (h *history) add(at, took time.Duration, err error, text string) {
	said := uint32(saidOK)
	if err != nil {
		said = h.reason(failure{text, errors.Is(err, ErrLocal)})
	}
	units := uint32(min(max(took/tookUnit, 0), maxTook))
	h.ring[h.next] = result{at: uint32(at / slot), said: units<<8 | said}
	h.next = (h.next + 1) % keptResults
	h.kept = min(h.kept+1, keptResults)
}

// results are the places of the ring in the order of time.
func (h *history) results(yield func(*result) bool) {
	for i := range int(h.kept) {
		if !yield(&h.ring[(int(h.next)+keptResults-int(h.kept)+i)%keptResults]) {
			return
		}
	}
}

// reason returns the place of f in reasons, counted from 1. If all are taken,
// that which was heard least recently makes way.
func (h *history) reason(f failure) uint32 {
	if len(f.text) > maxReason {
		f.text = strings.ToValidUTF8(f.text[:maxReason], "") + "…"
	}
	if i := slices.Index(h.reasons, f); i >= 0 {
		return uint32(i + 1)
	}
	if len(h.reasons) < keptReasons {
		h.reasons = append(h.reasons, f)
		return uint32(len(h.reasons))
	}
	n := h.leastRecent()
	forgotten := uint32(saidOther)
	if h.reasons[n-1].local {
		forgotten = saidLocal
	}
	for r := range h.results {
		if r.said&0xff == n {
			r.said = r.said&^0xff | forgotten
		}
	}
	h.reasons[n-1] = f
	return n
}

// leastRecent returns the place of the reason that was heard least recently.
func (h *history) leastRecent() uint32 {
	var order [keptReasons]int // by reason: the last time it was heard, counted from 1
	i := 0
	for r := range h.results {
		i++
		if n := r.said & 0xff; n != saidOK && n <= keptReasons {
			order[n-1] = i
		}
	}
	least := 0
	for i := range order {
		if order[i] < order[least] {
			least = i
		}
	}
	return uint32(least + 1)
}

// past returns the results, the oldest first. The time is at, or now since the
// epoch: the clock may have been set meanwhile.
func (h *history) past(at time.Time, now time.Duration) []Past {
	all := make([]Past, 0, h.kept)
	for r := range h.results {
		age := time.Duration(uint32(now/slot)-r.at) * slot
		p := Past{At: at.Add(-age - now%slot).Round(slot), Took: time.Duration(r.said>>8) * tookUnit}
		switch said := r.said & 0xff; said {
		case saidOK:
			p.OK = true
		case saidLocal:
			p.Local = true
		case saidOther:
		default:
			f := h.reasons[said-1]
			p.Reason, p.Local = f.text, f.local
		}
		all = append(all, p)
	}
	return all
}

// A question for histories, and where the answer goes.
type historyQuestion struct {
	checks []Check
	reply  chan [][]Past
}

// History returns for each of some checks what its latest probes have said, the
// oldest first: at most 60 of them. It returns nil if ctx is done or Run has
// ended before there is an answer.
func (e *Engine) History(ctx context.Context, checks []Check) [][]Past {
	q := historyQuestion{checks, make(chan [][]Past, 1)}
	select {
	case e.pasts <- q:
		return <-q.reply
	case <-e.ended:
		return nil
	case <-ctx.Done():
		return nil
	}
}

// history answers a question.
func (e *Engine) history(checks []Check) [][]Past {
	at := time.Now()
	all := make([][]Past, len(checks))
	for i, check := range checks {
		if en := e.entries[check]; en != nil && en.history != nil {
			all[i] = en.history.past(at, at.Sub(e.epoch))
		}
	}
	return all
}

// remember adds what a probe that ends now has said to the history of en.
func (en *entry) remember(now time.Duration, err error, timing Timing) {
	if en.history == nil {
		en.history = new(history)
	}
	text := ""
	if err != nil {
		text = reason(err, timing)
	}
	en.history.add(now, now-en.began, err, text)
}
