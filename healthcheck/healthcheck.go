package healthcheck

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
	"unique"
)

// ErrLocal matches errors that say nothing about the target: this host has no
// descriptor, port or memory left, or cannot use the source address. Such a
// probe is asked again at its next turn and counts neither for nor against the
// target.
var ErrLocal = errors.New("local trouble")

// A Prober asks one real server one question. Implementations are comparable,
// because checks are map keys: two equal Probers ask the same question.
type Prober interface {
	// Probe returns no error if the target is healthy, else one that says why
	// not in words short enough for a status line, such as "connection
	// refused". An error that matches ErrLocal says nothing about the target.
	// was is the state of the check before this probe.
	//
	// The deadline of ctx is the only timeout. Probe returns soon after ctx is
	// done; an error that matches context.DeadlineExceeded is shown as "timed
	// out after" the check's Timeout.
	Probe(ctx context.Context, t Target, was State) (Result, error)

	// Kind is the configuration's word for this probe, such as "tcp_check".
	Kind() string
}

// A Talker is a Prober that asks over one TCP connection. An Engine makes the
// connection itself and calls Talk in place of Probe, so that a target that
// does not answer the connect costs no goroutine.
type Talker interface {
	Prober

	// Talk is Probe over conn, which is connected to t and has the deadline of
	// ctx. It need not close conn.
	Talk(ctx context.Context, conn net.Conn, t Target, was State) (Result, error)
}

// A Forker is a Prober that starts a process for each question. An Engine
// bounds these by themselves.
type Forker interface {
	Prober
	Forks()
}

// A Preparer is a Prober that needs something of this host: a file with
// certificates, a program.
type Preparer interface {
	Prober

	// Prepare returns why probes would fail for want of it. The program asks
	// before a configuration comes into force.
	Prepare() error
}

// A Result is what a good answer says beside that it is good.
type Result struct {
	// Weight is what the target wants its weight to be.
	Weight Weight

	// Warning is what an operator should know although all is well, such as a
	// certificate that expires soon; "" for nothing.
	Warning string
}

// A Weight is what a probe says of the weight of its real server. The zero
// value says nothing.
type Weight struct {
	Kind WeightKind
	N    int32
}

// A WeightKind says how the number of a Weight is meant.
type WeightKind uint8

// The kinds of a weight.
const (
	NoWeight      WeightKind = iota
	WeightIs                 // N in place of the configured weight (keepalived: misc_dynamic)
	WeightOffset             // N is added to the configured weight (keepalived: FILE_CHECK)
	WeightPercent            // N percent of the configured weight
)

// A Target is where a question goes.
type Target struct {
	// Addr is the address that is probed (keepalived: connect_ip and
	// connect_port; default: the real server's). IPv6 zones are ignored.
	Addr netip.AddrPort

	// Source is the address and port that the probe comes from (keepalived:
	// bindto, bind_port). It is of the same family as Addr. The zero value is
	// the kernel's choice, and so is port 0.
	Source netip.AddrPort

	// Toward, in place of a Source, makes the probe come from the address that
	// this host talks to that one from, as found out for each probe. It is of
	// the same family as Addr.
	Toward netip.Addr

	// Device is the interface that the probe leaves by (keepalived: bind_if;
	// SO_BINDTODEVICE); "" for the one that the route says.
	Device string

	// Mark is the firewall mark of the probe's packets (keepalived: fwmark;
	// SO_MARK); 0 for none.
	Mark uint32
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

// A Spec is a question, whom to ask it and when.
type Spec struct {
	Prober Prober
	Target Target
	Timing Timing
}

// Check returns the check with this spec.
func (s Spec) Check() Check {
	addr := s.Target.Addr
	s.Target.Addr = netip.AddrPort{}
	return Check{unique.Make(known{addr, unique.Make(s)})}
}

// A Check is a question, whom to ask it and when. Equal Checks are one probe.
// It is as small as a pointer: ten thousand are in many maps.
type Check struct{ spec unique.Handle[known] }

// known is a Spec that is kept once. Most differ in their address alone.
type known struct {
	addr netip.AddrPort
	rest unique.Handle[Spec] // without it
}

// Spec returns what the check is.
func (c Check) Spec() Spec {
	k := c.spec.Value()
	s := k.rest.Value()
	s.Target.Addr = k.addr
	return s
}

// Kind is the configuration's word for the check's probe.
func (c Check) Kind() string { return c.Spec().Prober.Kind() }

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

	// Weight and Warning are those of the last good answer. They are zero
	// unless State is Up.
	Weight  Weight
	Warning string

	// Reason says why the last probe of a down target failed, or what local
	// trouble keeps an unknown one from being probed. It is empty for Up.
	Reason string
}

// An Update tells that the Status of a check has changed.
type Update struct {
	Check  Check
	Status Status
}
