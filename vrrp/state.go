package vrrp

import (
	"fmt"
	"slices"
)

// A State is a state of the machine (RFC 9568 section 6.4), with keepalived's Fault added.
type State uint8

// The states of a virtual router.
const (
	Initialize State = iota // not started, waiting for its trackers, or stopped
	Backup                  // watches the master
	Master                  // holds the addresses and advertises
	Fault                   // cannot take part: link down, no source address, a tracker down
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

// MarshalText writes the word that String returns.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads it.
func (s *State) UnmarshalText(word []byte) error {
	all := []State{Initialize, Backup, Master, Fault}
	i := slices.IndexFunc(all, func(known State) bool { return known.String() == string(word) })
	if i < 0 {
		return fmt.Errorf("unknown state %q", word)
	}
	*s = all[i]
	return nil
}
