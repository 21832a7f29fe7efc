package watch

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// soon is how long the question that an event causes waits for more events.
const soon = 100 * time.Millisecond

// polling decides when to ask the director: one question at a time, with pauses.
type polling struct {
	every  time.Duration
	turn   int // number of the pause that counts
	asking bool
	hasty  bool // an answer that is asked for from now on is wanted soon
	paused bool // by the user
}

// begin reports whether to ask at the end of a pause.
func (p *polling) begin(d due) bool { return d.turn == p.turn && !p.paused && p.now() }

// now reports whether to ask now. During another question it is put off.
func (p *polling) now() bool {
	p.hasty = p.asking
	if p.asking {
		return false
	}
	p.asking = true
	return true
}

// hurry makes the next question come soon.
func (p *polling) hurry() tea.Cmd {
	if p.hasty || p.paused {
		return nil
	}
	p.hasty = true
	if p.asking {
		return nil
	}
	return p.wait(soon)
}

// end begins the pause after an answer.
func (p *polling) end() tea.Cmd {
	wait := p.every
	if p.hasty {
		wait = soon
	}
	p.asking = false
	return p.wait(wait)
}

func (p *polling) wait(d time.Duration) tea.Cmd {
	p.turn++
	turn := p.turn
	return tea.Tick(d, func(time.Time) tea.Msg { return due{turn} })
}
