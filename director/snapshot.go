package director

import (
	"slices"
	"sync"
)

// A snapshot is the latest Status. Most are never looked at: only one that was
// given away is copied before it is changed.
type snapshot struct {
	mu     sync.Mutex
	status Status
	given  bool
}

// get returns the latest Status.
func (s *snapshot) get() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.given = true
	return s.status
}

// set replaces everything but the virtual servers, of which edit changes some;
// nil: none. whole says that it changes all of the n that there are.
func (s *snapshot) set(next Status, n int, whole bool, edit func([]VirtualServerStatus)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next.VirtualServers = s.status.VirtualServers
	switch {
	case edit == nil:
		s.status = next
		return
	case whole:
		next.VirtualServers = make([]VirtualServerStatus, n)
	case s.given:
		next.VirtualServers = slices.Clone(next.VirtualServers)
	}
	edit(next.VirtualServers)
	s.status, s.given = next, false
}
