package guardian

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ldirector/ldirector/internal/netif"
	"github.com/ldirector/ldirector/vrrp"
)

// protocol is the version of the messages between daemon and process. Both are
// the same program but for callHello and callLeave, which a process understands
// from the daemons of other versions, too: these two never change.
const protocol = 2

// maxMessage bounds the size of a message: some ten thousand addresses.
const maxMessage = 64 << 20

// A message is a line of JSON. With an ID and a Call it is a request, with an ID
// alone its reply, with a Call alone news from the process.
type message struct {
	ID    uint64 `json:"id,omitempty"`
	Call  string `json:"call,omitempty"`
	Body  any    `json:"body,omitempty"`
	Error string `json:"error,omitempty"`
}

// received is a message whose body is still to be read.
type received struct {
	message
	Body json.RawMessage `json:"body"`
}

// read reads the body.
func (r *received) read(v any) error {
	if v == nil {
		return nil
	}
	if len(r.Body) == 0 {
		return errors.New("message without a body")
	}
	if err := json.Unmarshal(r.Body, v); err != nil {
		return fmt.Errorf("read message: %w", err)
	}
	return nil
}

// Requests.
const (
	callHello    = "hello"   // hello; its reply is one too
	callLeave    = "leave"   // its reply is a legacy
	callPrepare  = "prepare" // Setup
	callCommit   = "commit"  // commitment
	callDiscard  = "discard"
	callTracks   = "tracks" // []vrrp.Track
	callStatus   = "status" // its reply is a vrrp.Report
	callRelease  = "release"
	callPreempt  = "preempt"
	callPriority = "priority" // these three: order
	callStop     = "stop"
	callKeep     = "keep" // time.Duration
	callAlive    = "alive"
)

// News.
const (
	newsNotice = "notice" // vrrp.Notice
	newsRecord = "record" // record
	newsLost   = "lost"   // lost
)

// hello says who speaks.
type hello struct {
	Protocol int `json:"protocol"`
	PID      int `json:"pid"`
}

// commitment is a Commit.
type commitment struct {
	Legacy legacy
	Tracks []vrrp.Track // all that is known
}

// A legacy is what an engine has left on the host for the next one, which may be
// of another version: what is added to it must be of use if it is missing, and
// nothing else if it is not understood.
type legacy struct {
	Masters []string       // names of the routers that are masters until now
	Hosts   []netif.Master // what all routers may have on the host
	State   vrrp.Legacy    // what else is known of routers, from protocol 2 on
}

// resume is what the driver of the next engine has to know.
func (l *legacy) resume() vrrp.Legacy {
	all := vrrp.Legacy{Routers: slices.Clone(l.State.Routers), Tracks: l.State.Tracks}
	for _, name := range l.Masters {
		i := slices.IndexFunc(all.Routers, func(r vrrp.Resumption) bool { return r.Name == name })
		if i < 0 {
			all.Routers = append(all.Routers, vrrp.Resumption{Name: name, State: vrrp.Master})
		}
	}
	return all
}

// forget takes out of it since when routers are in their states if that is after
// a time: nobody may have been told then.
func (l *legacy) forget(after time.Time) {
	for i := range l.State.Routers {
		if r := &l.State.Routers[i]; r.Since.After(after) {
			r.Since = time.Time{}
		}
	}
}

// order is a command for one router.
type order struct {
	Name     string
	Priority uint8
}

// lost counts news that were not sent because the reader is slow.
type lost struct{ Notices, Records int }
