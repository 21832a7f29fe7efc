package director

import (
	"maps"
	"slices"

	"github.com/ldirector/ldirector/director/ipvs"
)

// A claim is which services of the kernel's table are the director's, and the
// record of it that survives a crash.
type claim struct {
	ledger     Ledger
	configured map[ipvs.Key]bool
	leftover   map[ipvs.Key]bool // of an earlier run, to be deleted
	saved      []ipvs.Key        // what the ledger holds, sorted
	err        error             // of the last save
}

func newClaim(ledger Ledger, servers []VirtualServer) *claim {
	c := &claim{ledger: ledger, configured: make(map[ipvs.Key]bool), leftover: make(map[ipvs.Key]bool)}
	for _, v := range servers {
		for _, key := range v.Keys {
			c.configured[key] = true
		}
	}
	return c
}

// load reads what an earlier run recorded.
func (c *claim) load() error {
	keys, err := c.ledger.Load()
	if err != nil {
		return err
	}
	c.saved = slices.SortedFunc(slices.Values(keys), ipvs.Key.Compare)
	for _, key := range keys {
		if !c.configured[key] {
			c.leftover[key] = true
		}
	}
	return nil
}

// covers reports whether the service is the director's to change.
func (c *claim) covers(key ipvs.Key) bool {
	return c.configured[key] || c.leftover[key]
}

// settle gives up what the kernel no longer has of an earlier run: somebody
// else may create it from now on.
func (c *claim) settle(have table) {
	maps.DeleteFunc(c.leftover, func(key ipvs.Key, _ bool) bool {
		_, there := have[key]
		return !there
	})
}

// save records the claim. It must come before services are created and after
// they are deleted, so that the kernel never has one of ours that the ledger
// does not name.
func (c *claim) save() error {
	keys := slices.Collect(maps.Keys(c.configured))
	keys = slices.AppendSeq(keys, maps.Keys(c.leftover))
	slices.SortFunc(keys, ipvs.Key.Compare)
	if slices.Equal(keys, c.saved) {
		c.err = nil
		return nil
	}
	return c.write(keys)
}

// release records that nothing is ours any more.
func (c *claim) release() error {
	return c.write(nil)
}

func (c *claim) write(keys []ipvs.Key) error {
	if c.err = c.ledger.Save(keys); c.err == nil {
		c.saved = keys
	}
	return c.err
}
