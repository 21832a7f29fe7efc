package ipvs

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// next returns the sequence number for the next message.
func (c *Client) next() uint32 {
	c.seq++
	return c.seq
}

// acknowledged sends the one request in c.out, hands its answers to visit,
// unless that is nil, and returns the error that the kernel acknowledges it with.
func (c *Client) acknowledged(visit func(message) error) error {
	c.out.requestAck()
	return c.exchange(c.seq, func(m message) (done bool, err error) {
		switch {
		case m.typ == unix.NLMSG_ERROR:
			return true, answer(m)
		case visit != nil:
			err = visit(m)
		}
		return false, err
	})
}

// busyTries is how often a request is sent that the kernel is too busy for.
const busyTries = 3

// dump sends the one request in c.out and hands the entries of the answer to
// visit. The kernel does one dump at a time for a socket and is busy while the
// last has not ended; an exchange that fails ends it.
func (c *Client) dump(visit func(message) error) error {
	err := c.dumpOnce(visit)
	for try := 1; try < busyTries && errors.Is(err, unix.EBUSY); try++ {
		err = c.dumpOnce(visit)
	}
	return err
}

func (c *Client) dumpOnce(visit func(message) error) error {
	return c.exchange(c.seq, func(m message) (done bool, err error) {
		switch m.typ {
		case unix.NLMSG_DONE, unix.NLMSG_ERROR:
			return true, answer(m)
		default:
			return false, visit(m)
		}
	})
}

// answer returns the error that a message of type NLMSG_ERROR or NLMSG_DONE carries.
func answer(m message) error {
	errno, err := m.errno()
	if err == nil && errno != 0 {
		err = explain(errno)
	}
	return err
}

// exchange sends the requests in c.out, of which first has the lowest sequence
// number and c.seq the highest, and hands the kernel's messages to handle
// until that is done or fails.
func (c *Client) exchange(first uint32, handle func(message) (done bool, err error)) (err error) {
	defer func() {
		if err != nil {
			c.conn.discard()
		}
	}()
	if err := c.conn.send(c.out.buf); err != nil {
		return fmt.Errorf("send to the kernel: %w", err)
	}
	for {
		n, err := c.conn.receive(c.in)
		switch {
		case errors.Is(err, unix.ENOBUFS):
			return fmt.Errorf("%w: %w", ErrLostAnswer, err)
		case errors.Is(err, unix.EAGAIN):
			return fmt.Errorf("%w: none came within %v", ErrLostAnswer, answerTimeout)
		case err != nil:
			return fmt.Errorf("receive from the kernel: %w", err)
		}
		for rest := c.in[:n]; len(rest) > 0; {
			var m message
			if m, rest, err = nextMessage(rest); err != nil {
				return err
			}
			if m.seq-first > c.seq-first { // of an exchange that was given up
				continue
			}
			if done, err := handle(m); done || err != nil {
				return err
			}
		}
	}
}
