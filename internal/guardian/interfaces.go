package guardian

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ldirector/ldirector/vrrp"
)

// interfaceTimeout bounds the wait for a new interface to be reported.
const interfaceTimeout = time.Second

// knownInterfaces are those that the driver knows of.
type knownInterfaces struct {
	mu      sync.Mutex
	all     vrrp.Interfaces // nil: none reported yet
	changed chan struct{}   // closed and replaced at each change
}

func (k *knownInterfaces) set(all vrrp.Interfaces) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all = all
	close(k.changed)
	k.changed = make(chan struct{})
}

// look returns them and a channel that is closed when there are others.
func (k *knownInterfaces) look() (vrrp.Interfaces, <-chan struct{}) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.all, k.changed
}

// await waits until they were reported and have all of these names.
func (k *knownInterfaces) await(ctx context.Context, names ...string) error {
	for {
		all, changed := k.look()
		missing := all == nil
		for _, name := range names {
			_, there := all[name]
			missing = missing || !there
		}
		if !missing {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for interfaces %v: %w", names, ctx.Err())
		}
	}
}
