package vrrp

import "time"

// A Notice tells of something that happened to one virtual router, or to a group of them.
type Notice struct {
	Kind     NoticeKind
	Group    bool   // Name is that of a group
	Name     string // of the instance or group
	From, To State  // StateChanged; To is Initialize when the router has stopped
	Priority uint8  // effective, after what happened; 0 for a group
	At       time.Time
	Text     string // Conflict, ConflictOver: what it is
	Resumed  bool   // StateChanged: no news but to this process, To is what it was under an earlier one; At is since when
}

// A NoticeKind is a kind of news.
type NoticeKind uint8

// Kinds of notices. keepalived writes them as states to its FIFO.
const (
	StateChanged    NoticeKind = iota // MASTER, BACKUP, FAULT, STOP
	HeardLower                        // a master heard an advertisement that lost: MASTER_RX_LOWER_PRI
	PriorityChanged                   // of a master or backup: MASTER_PRIORITY, BACKUP_PRIORITY
	Conflict                          // there may be two masters, or the members disagree
	ConflictOver                      // that has not been seen for a while
)
