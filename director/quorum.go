package director

import "github.com/ldirector/ldirector/healthcheck"

// liveWeight is the sum of the weights of the real servers that are in service
// or would be without the sorry server. It does not wait for a slow start.
func (s *service) liveWeight() uint64 {
	var live uint64
	for i := range s.servers {
		if s.servers[i].live() {
			live += uint64(s.servers[i].goal())
		}
	}
	return live
}

// quorum and hysteresis as they count (keepalived: check_data.c,
// validate_check_config): the quorum can always be lost.
func (v *VirtualServer) quorum() (quorum, hysteresis int) {
	quorum = max(v.Quorum, 1)
	return quorum, min(max(v.Hysteresis, 0), quorum-1)
}

// weigh compares the live weight with the quorum (keepalived: ipwrapper.c,
// update_quorum_state).
func (s *service) weigh() []Event {
	quorum, hysteresis := s.cfg.quorum()
	threshold := quorum + hysteresis
	if s.quorumUp {
		threshold = quorum - hysteresis
	}
	was, first := s.quorumUp, !s.hadQuorum
	s.quorumUp = s.liveWeight() >= uint64(threshold)
	s.hadQuorum = s.hadQuorum || s.quorumUp
	if was == s.quorumUp {
		return nil
	}
	return s.quorumEvents(s.quorumUp && first)
}

// quorumEvents tells of the quorum as it is now, and of the sorry server if
// there is one.
func (s *service) quorumEvents(first bool) []Event {
	sorry := SorryServerIn
	if s.quorumUp {
		sorry = SorryServerOut
	}
	events := []Event{s.quorumEvent(first)}
	if s.cfg.SorryServer != nil {
		events = append(events, Event{Kind: sorry, RealServer: s.cfg.SorryServer.Addr, First: first})
	}
	return events
}

// quorumEvent tells of the quorum as it is now.
func (s *service) quorumEvent(first bool) Event {
	if s.quorumUp {
		return Event{Kind: QuorumGained, First: first, Command: s.cfg.QuorumUp}
	}
	return Event{Kind: QuorumLost, Command: s.cfg.QuorumDown}
}

// missing tells once that the service has not got its quorum from the first
// verdicts on its real servers, so that there is none to lose.
func (s *service) missing() []Event {
	if s.quorumUp || s.hadQuorum || s.missed {
		return nil
	}
	for i := range s.servers {
		if s.servers[i].state == healthcheck.Unknown {
			return nil
		}
	}
	s.missed = true
	return []Event{{Kind: QuorumMissing}}
}

// opening says whether the service has its quorum from the start, if that is
// known.
func (s *service) opening() []Event {
	switch {
	case s.cfg.Hidden:
		return nil
	case s.quorumUp:
		return s.named([]Event{s.quorumEvent(true)})
	default:
		return s.named(s.missing())
	}
}

// farewell says that the whole service goes.
func (s *service) farewell(reason string) []Event {
	if s.cfg.Hidden {
		return nil
	}
	var events []Event
	for i := range s.servers {
		if s.servers[i].live() {
			events = append(events, s.servers[i].farewell(reason))
		}
	}
	if s.quorumUp {
		events = append(events, Event{Kind: QuorumLost, Reason: reason, Command: s.cfg.QuorumDown, leaving: true})
	}
	return s.named(events)
}

// farewell says that a live server goes.
func (r *realServer) farewell(reason string) Event {
	return Event{Kind: ServerDown, RealServer: r.cfg.Destination.Addr, Reason: reason, Command: r.cfg.NotifyDown, leaving: true}
}

// sorry reports whether the sorry server is to serve.
func (s *service) sorry() bool {
	return !s.quorumUp && s.cfg.SorryServer != nil
}
