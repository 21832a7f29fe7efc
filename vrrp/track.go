package vrrp

// links remembers which tracked links are down and derives what follows from it. It is pure.
type links struct {
	own     string // interface of the virtual router: down is a fault whatever its weight
	tracked []TrackInterface
	down    map[string]bool // by name; all others are up
}

func newLinks(cfg *Config) links {
	return links{own: cfg.Interface, tracked: cfg.TrackInterfaces, down: make(map[string]bool)}
}

func (l *links) set(name string, up bool) {
	if up {
		delete(l.down, name)
		return
	}
	l.down[name] = true
}

// faulty reports whether a link is down without which the virtual router cannot work.
func (l *links) faulty() bool {
	if l.down[l.own] {
		return true
	}
	for _, t := range l.tracked {
		if t.Weight == 0 && l.down[t.Name] {
			return true
		}
	}
	return false
}

// priority returns the effective priority: base and all weights, kept within 1 and 254. As in keepalived a positive
// weight counts while its link is up and a negative one while it is down. The owner's priority is fixed.
func (l *links) priority(base uint8) uint8 {
	if base == priorityOwner {
		return base
	}
	sum := int(base)
	for _, t := range l.tracked {
		if l.down[t.Name] == (t.Weight < 0) {
			sum += t.Weight
		}
	}
	return uint8(min(max(sum, 1), priorityOwner-1))
}
