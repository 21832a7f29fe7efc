package healthcheck

import "golang.org/x/sys/unix"

// ping sends an echo request.
func (e *Engine) ping(en *entry, t Target) error {
	route := routeOf(t)
	s := e.pings[route]
	if s == nil {
		var err error
		if s, err = e.openPings(route); err != nil {
			return err
		}
	}
	seq, err := s.send(en, t.Addr.Addr().Unmap(), e.scratch)
	if err != nil {
		return err
	}
	en.seq = seq
	return nil
}

// openPings opens the socket of a route.
func (e *Engine) openPings(route pingRoute) (*pingSocket, error) {
	s, err := openPingSocket(route, e.sockets.limit)
	if err != nil {
		return nil, err
	}
	s.turn, err = e.poller.watch(s.fd, unix.EPOLLIN|unix.EPOLLET)
	if err != nil {
		closeSocket(s.fd)
		return nil, err
	}
	e.pings[route] = s
	return s, nil
}

// pingSocket returns the socket that ev is about.
func (e *Engine) pingSocket(ev event) *pingSocket {
	for _, s := range e.pings { // there are few
		if s.fd == int(ev.fd) && s.turn == ev.turn {
			return s
		}
	}
	return nil
}

// replies takes all replies that have come.
func (e *Engine) replies(s *pingSocket) {
	for en, ok := s.receive(e.scratch); ok; en, ok = s.receive(e.scratch) {
		en.slowIn = nil
		e.finish(en, Result{}, nil)
	}
}

// closeIdlePings closes the sockets of routes that no check has any more.
func (e *Engine) closeIdlePings() {
	if len(e.pings) == 0 {
		return
	}
	used := make(map[pingRoute]bool)
	for _, en := range e.entries {
		if en.way == byEcho {
			used[routeOf(en.check.Spec().Target)] = true
		}
	}
	for route, s := range e.pings {
		if !used[route] {
			closeSocket(s.fd)
			delete(e.pings, route)
		}
	}
}
