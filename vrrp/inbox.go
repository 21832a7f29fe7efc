package vrrp

import (
	"maps"
	"net/netip"
	"slices"
	"sync"
)

// An inbox takes what other goroutines tell an instance. It keeps the latest state of each thing, so it never fills up.
type inbox struct {
	wake chan struct{}

	mu        sync.Mutex
	links     map[string]bool
	source    netip.Addr
	newSource bool
}

func newInbox() *inbox {
	return &inbox{wake: make(chan struct{}, 1), links: make(map[string]bool)}
}

// link notes the state of a link.
func (b *inbox) link(name string, up bool) {
	b.mu.Lock()
	b.links[name] = up
	b.mu.Unlock()
	b.signal()
}

// setSource notes the source address, which is not valid if there is none.
func (b *inbox) setSource(source netip.Addr) {
	b.mu.Lock()
	changed := source != b.source
	if changed {
		b.source, b.newSource = source, true
	}
	b.mu.Unlock()
	if changed {
		b.signal()
	}
}

func (b *inbox) signal() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// take returns what was noted since the last call, as events: what is lost before what is gained, so that a fault that
// replaces another one does not look like a recovery in between.
func (b *inbox) take() []Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.links) == 0 && !b.newSource {
		return nil
	}
	var lost, gained []Event
	for _, name := range slices.Sorted(maps.Keys(b.links)) {
		if b.links[name] {
			gained = append(gained, LinkChanged{Name: name, Up: true})
		} else {
			lost = append(lost, LinkChanged{Name: name, Up: false})
		}
	}
	clear(b.links)
	if b.newSource {
		lost = append(lost, SourceChanged{Source: b.source})
		b.newSource = false
	}
	return append(lost, gained...)
}
