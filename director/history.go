package director

import "time"

// contestAfter is after how many passes in a row that find a service changed
// by another program it is contested, and after how many quiet ones no more.
const contestAfter = 3

// A history is what has happened to one service in the kernel.
type history struct {
	changed   time.Time // last change of ours
	repairs   uint64    // passes that found it changed by another program
	drifted   int       // such passes without one between
	quiet     int       // other passes since
	contested bool
}

// notePass takes the finding of one pass over the table and reports whether
// contested has changed.
func (h *history) notePass(drift bool) (turned bool) {
	was := h.contested
	if drift {
		h.repairs++
		h.drifted, h.quiet = h.drifted+1, 0
		h.contested = was || h.drifted >= contestAfter
	} else {
		h.drifted, h.quiet = 0, h.quiet+1
		h.contested = was && h.quiet < contestAfter
	}
	return h.contested != was
}
