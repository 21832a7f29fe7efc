package healthcheck

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// ErrLocal matches errors that say nothing about the target: this host has no
// descriptor, port or memory left, or cannot use the source address. Such a
// probe is asked again at its next turn and counts neither for nor against the
// target.
var ErrLocal = errors.New("local trouble")

// A Prober asks one real server one question. Implementations are comparable,
// because checks are map keys: two equal Probers ask the same question.
type Prober interface {
	// Probe returns nil if the target is healthy, else an error that says why
	// not in words short enough for a status line, such as "connection
	// refused". An error that matches ErrLocal says nothing about the target.
	//
	// The deadline of ctx is the only timeout. Probe returns soon after ctx is
	// done; an error that matches context.DeadlineExceeded is shown as "timed
	// out after" the check's Timeout.
	Probe(ctx context.Context, t Target) error

	// Kind is the configuration's word for this probe, such as "tcp_check".
	Kind() string
}

// A Target is where a question goes.
type Target struct {
	// Addr is the address that is probed (keepalived: connect_ip and
	// connect_port; default: the real server's). IPv6 zones are ignored.
	Addr netip.AddrPort

	// Source is the address that the probe comes from (keepalived: bindto). It
	// is of the same family as Addr. The zero value is the kernel's choice.
	Source netip.Addr
}

// Timing says when a target is asked and how many answers change its state.
type Timing struct {
	// Interval is the time from the start of one probe to the start of the
	// next (keepalived: delay_loop, there from the end of the previous probe).
	// Less than 10 milliseconds counts as 10 milliseconds.
	Interval time.Duration

	// Timeout is the time for the whole probe (keepalived: connect_timeout,
	// there once more for each read).
	Timeout time.Duration

	// Retry is the number of further attempts before an up target is down
	// (keepalived: retry). With 0 the first failure takes it down.
	Retry int

	// RetryDelay is the time from the end of a failed probe of an up target to
	// the next attempt (keepalived: delay_before_retry). Less than 10
	// milliseconds counts as 10 milliseconds.
	RetryDelay time.Duration

	// Rise is the number of consecutive good probes, Interval apart, that
	// bring a down target up (keepalived has no keyword and always takes 1).
	// Less than 1 counts as 1.
	Rise int

	// Warmup spreads the first probes: each starts after a random time from
	// [0, Warmup) (keepalived: warmup). 0 starts them all at once; later ones
	// are spread over Interval in any case.
	Warmup time.Duration
}

// A Check is a question, whom to ask it and when. Equal Checks are one probe.
type Check struct {
	Prober Prober
	Target Target
	Timing Timing
}

// A State is what is known about the target of a check.
type State uint8

// The states of a check.
const (
	Unknown State = iota // no probe has given an answer yet
	Up
	Down
)

// String returns the state as status output shows it: "unknown", "up", "down".
func (s State) String() string {
	switch s {
	case Unknown:
		return "unknown"
	case Up:
		return "up"
	case Down:
		return "down"
	default:
		return fmt.Sprintf("State(%d)", uint8(s))
	}
}

// A Status is the state of one check and how it came about.
type Status struct {
	State State

	// Since is when State began: for Unknown, when the check was added.
	Since time.Time

	// Last is the end of the last probe that gave an answer. It is zero before
	// the first.
	Last time.Time

	// Reason says why the last probe of a down target failed, or what local
	// trouble keeps an unknown one from being probed. It is empty for Up.
	Reason string
}

// An Update tells that the Status of a check has changed.
type Update struct {
	Check  Check
	Status Status
}
