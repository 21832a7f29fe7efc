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
	return &claim{ledger: ledger, configured: keysOf(servers), leftover: make(map[ipvs.Key]bool)}
}

// keysOf returns all keys of the virtual servers.
func keysOf(servers []VirtualServer) map[ipvs.Key]bool {
	keys := make(map[ipvs.Key]bool)
	for _, v := range servers {
		for _, key := range v.Keys {
			keys[key] = true
		}
	}
	return keys
}

// reconfigure claims what another configuration has. What it does not have any
// more is to be deleted.
func (c *claim) reconfigure(servers []VirtualServer) {
	maps.Copy(c.leftover, c.configured)
	c.configured = keysOf(servers)
	maps.DeleteFunc(c.leftover, func(key ipvs.Key, _ bool) bool { return c.configured[key] })
}

// load reads what an earlier run recorded.
func (c *claim) load() error {
	keys, err := c.ledger.Load()
	if err != nil {
		return err
	}
	c.saved = slices.SortedFunc(slices.Values(keys), ipvs.Key.Compare)
	c.own(keys)
	return nil
}

// own claims what an earlier run created.
func (c *claim) own(keys []ipvs.Key) {
	for _, key := range keys {
		if !c.configured[key] {
			c.leftover[key] = true
		}
	}
}

// covers reports whether the service is the director's to change.
func (c *claim) covers(key ipvs.Key) bool {
	return c.configured[key] || c.leftover[key]
}

// pick returns the services that are the director's to change: all of them if
// the claim is exclusive.
func (c *claim) pick(services []ipvs.Service, exclusive bool) table {
	have := make(table, len(services))
	for _, s := range services {
		if exclusive || c.covers(s.Key) {
			have[s.Key] = s
		}
	}
	return have
}

// foreign returns the keys in the table that are neither configured nor of an
// earlier run, sorted.
func (c *claim) foreign(have table) []ipvs.Key {
	var keys []ipvs.Key
	for key := range have {
		if !c.covers(key) {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, ipvs.Key.Compare)
	return keys
}

// covered returns the part of the table that is not foreign.
func (c *claim) covered(have table) table {
	part := maps.Clone(have)
	maps.DeleteFunc(part, func(key ipvs.Key, _ ipvs.Service) bool { return !c.covers(key) })
	return part
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
