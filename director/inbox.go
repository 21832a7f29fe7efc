package director

import (
	"sync"

	"github.com/ldirector/ldirector/healthcheck"
)

// results are probe results by the question they answer.
type results map[healthcheck.Check]healthcheck.Status

// An inbox holds the latest result of each check until the owner takes it.
// It is bounded by the number of checks however slow the owner is.
type inbox struct {
	ready chan struct{} // holds a token while there is something to take

	mu      sync.Mutex
	pending results
}

func newInbox() *inbox {
	return &inbox{ready: make(chan struct{}, 1), pending: make(results)}
}

// put never blocks.
func (b *inbox) put(u healthcheck.Update) {
	b.mu.Lock()
	b.pending[u.Check] = u.Status
	b.mu.Unlock()

	select {
	case b.ready <- struct{}{}:
	default: // the owner has not come for the last token yet and will find this too
	}
}

// take empties the inbox.
func (b *inbox) take() results {
	b.mu.Lock()
	defer b.mu.Unlock()
	taken := b.pending
	b.pending = make(results)
	return taken
}
