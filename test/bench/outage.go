package main

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// A failover is what one run has shown.
type failover struct {
	outage   time.Duration // the longest that ended after the event
	began    time.Time     // when that did
	moves    []string      // when, from the event on, which node began to answer
	adverts  time.Duration // from the last one of the old master to the first of the new one; 0: not seen
	announce time.Duration // from that to the first announcement
	silence  time.Duration // from that last one to the first answer of another node, whatever the phase of the event
	first    string        // advert after the event
	slip     time.Duration // the client's own delay
	odd      bool          // other nodes answered than should have
}

func (f failover) String() string {
	return fmt.Sprintf("outage %.1f ms, answers %s, adverts %.1f ms apart, announced %.1f ms later, answer %.1f ms after the last one, first advert %s, client's delay at most %.1f ms",
		ms(f.outage), strings.Join(f.moves, " "), ms(f.adverts), ms(f.announce), ms(f.silence), f.first, ms(f.slip))
}

// judge puts together what the client and the tap have seen.
func (s scenario) judge(a asked, frames []frame, event time.Time, vip netip.Addr) failover {
	f := failover{slip: a.Slip}
	for _, g := range a.Gaps {
		if g.To > event.UnixNano() && g.length() > f.outage {
			f.outage, f.began = g.length(), time.Unix(0, g.From)
		}
	}
	for _, c := range a.Changes {
		f.moves = append(f.moves, fmt.Sprintf("%d@%.1f", c.Node, ms(time.Duration(c.At-event.UnixNano()))))
	}
	f.odd = len(a.Changes) == 0 || int(a.Changes[0].Node) != s.old || len(a.Changes) > 1+s.moves || len(a.Changes) == 1 && s.moves == 1
	f.follow(frames, event, s.old, vip)
	if last := lastAdvert(frames, event, s.old); len(a.Changes) > 1 && !last.IsZero() {
		f.silence = time.Duration(a.Changes[1].At - last.UnixNano())
	}
	return f
}

// follow finds the new master's first advertisement and announcement.
func (f *failover) follow(frames []frame, event time.Time, old int, vip netip.Addr) {
	var takeover time.Time
	for _, fr := range frames {
		if !fr.at.After(event) {
			continue
		}
		if !fr.arp && f.first == "" {
			f.first = fmt.Sprintf("%d@%.1f", fr.node, ms(fr.at.Sub(event)))
		}
		switch {
		case fr.node == old:
		case !fr.arp && takeover.IsZero():
			takeover = fr.at
			f.adverts = takeover.Sub(lastAdvert(frames, event, old))
		case fr.arp && fr.addr == vip && !takeover.IsZero():
			f.announce = fr.at.Sub(takeover)
			return
		}
	}
}

// lastAdvert is when the old master sent its last advertisement that counts: none
// after the event but that which hands over.
func lastAdvert(frames []frame, event time.Time, old int) (last time.Time) {
	for _, f := range frames {
		if f.node == old && !f.arp && (f.at.Before(event) || f.priority == 0) {
			last = f.at
		}
	}
	return last
}
