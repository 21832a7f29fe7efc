package healthcheck

import (
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// UDP is keepalived's UDP_CHECK: it sends one datagram, and the first that
// comes back decides. Nothing at all, for the whole Timeout, is the answer of a
// healthy target, unless a reply is required; an ICMP error is that of one that
// is not. A host that is gone is found out by the error of its neighbour or of
// ARP, which takes three seconds: a shorter Timeout misses it.
//
// A check whose target does not reply holds its socket for the whole Timeout,
// and an Engine has half of its sockets for such: of 2,048 silent targets with a
// Timeout of 3 seconds each can be asked every 3 seconds, of more less often.
type UDP struct {
	// Payload is what is sent (keepalived: payload); "" is keepalived's own 32
	// octets of text.
	Payload string

	// RequireReply makes silence a failure (keepalived: require_reply).
	RequireReply bool

	// Reply is how the reply begins, in hexadecimal digits where X is any digit
	// (keepalived: the argument of require_reply); "" is anything. A reply that
	// is shorter has to match as far as it goes, as in keepalived; MinReply
	// refuses it.
	Reply string

	// MinReply and MaxReply bound the length of the reply in octets
	// (keepalived: min_reply_length, max_reply_length). A MaxReply of 0 is 255
	// with Reply, as in keepalived, and else no bound. Without Reply keepalived
	// has these words and ignores them.
	MinReply, MaxReply int
}

const (
	defaultPayload  = "keepalived check - keepalived ch"
	defaultMaxReply = 255
	maxDatagram     = 65535
)

// Validate returns why u cannot work, in words for a diagnostic.
func (u UDP) Validate() error {
	switch {
	case len(u.Payload) > maxDatagram-28:
		return fmt.Errorf("payload has %d octets, a datagram has room for %d", len(u.Payload), maxDatagram-28)
	case !u.RequireReply && (u.Reply != "" || u.MinReply != 0 || u.MaxReply != 0):
		return errors.New("what a reply has to be needs require_reply")
	case u.MinReply < 0 || u.MaxReply < 0 || u.MinReply > maxDatagram || u.MaxReply > maxDatagram:
		return fmt.Errorf("length of the reply: not between 0 and %d", maxDatagram)
	case u.maxReply() < u.MinReply:
		return fmt.Errorf("no reply is at least %d and at most %d octets long", u.MinReply, u.maxReply())
	case u.Reply == "":
		return nil
	default:
		return validPattern(u.Reply)
	}
}

// Kind returns "udp_check".
func (UDP) Kind() string { return "udp_check" }

// Probe asks once. An Engine does not call it: it asks without a goroutine per
// probe.
func (u UDP) Probe(ctx context.Context, t Target, _ State) (Result, error) {
	c, err := DialUDP(ctx, t)
	if err != nil {
		return Result{}, err
	}
	defer func() { _ = c.Close() }() // see closeSocket
	if _, err := io.WriteString(c, u.payload()); err != nil {
		return Result{}, err
	}
	reply := make([]byte, maxDatagram)
	n, err := c.Read(reply)
	switch {
	case err == nil:
		return Result{}, u.judge(reply[:n])
	case errors.Is(ctx.Err(), context.Canceled):
		return Result{}, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return Result{}, u.silence()
	default:
		return Result{}, err
	}
}

// ask sends the question from a socket of its own.
func (u UDP) ask(t Target, scratch []byte) (fd int, err error) {
	fd, err = connectUDP(t)
	if err != nil {
		return -1, err
	}
	n := copy(scratch, u.payload())
	if _, err := unix.Write(fd, scratch[:n]); err != nil {
		closeSocket(fd)
		return -1, classify(err)
	}
	return fd, nil
}

func (UDP) events() uint32 { return unix.EPOLLIN }

// answer takes the reply, or what ICMP says. There may be none after all: the
// kernel looks at checksums late.
func (u UDP) answer(fd int, _ uint32, scratch []byte) (done bool, err error) {
	n, err := unix.Read(fd, scratch)
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return false, nil
	case err != nil:
		return true, classify(err)
	default:
		return true, u.judge(scratch[:n])
	}
}

// silence is what it means that nothing has come.
func (u UDP) silence() error {
	if u.RequireReply {
		return context.DeadlineExceeded
	}
	return nil
}

// judge returns what is wrong with a reply.
func (u UDP) judge(reply []byte) error {
	switch {
	case len(reply) < u.MinReply:
		return fmt.Errorf("reply of %d octets is shorter than %d", len(reply), u.MinReply)
	case len(reply) > u.maxReply():
		return fmt.Errorf("reply of %d octets is longer than %d", len(reply), u.maxReply())
	case !matches(u.Reply, reply):
		return errors.New("reply does not match")
	default:
		return nil
	}
}

func (u UDP) payload() string {
	if u.Payload == "" {
		return defaultPayload
	}
	return u.Payload
}

func (u UDP) maxReply() int {
	switch {
	case u.MaxReply != 0:
		return u.MaxReply
	case u.Reply != "":
		return defaultMaxReply
	default:
		return maxDatagram
	}
}
