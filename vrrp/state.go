package vrrp

import (
	"fmt"
	"time"
)

// A State is a state of the machine (RFC 9568 section 6.4), with keepalived's Fault added.
type State uint8

// The states of a virtual router.
const (
	Initialize State = iota // not started, or stopped
	Backup                  // watches the master
	Master                  // holds the addresses and advertises
	Fault                   // cannot take part: link down or no source address
)

// String returns keepalived's word for s, such as "MASTER".
func (s State) String() string {
	switch s {
	case Initialize:
		return "INIT"
	case Backup:
		return "BACKUP"
	case Master:
		return "MASTER"
	case Fault:
		return "FAULT"
	default:
		return fmt.Sprintf("State(%d)", uint8(s))
	}
}

// A Transition is one change of state of one instance. To is Initialize when the instance stops.
type Transition struct {
	Instance string
	From, To State
	Priority uint8 // effective priority after the change
	At       time.Time
}
