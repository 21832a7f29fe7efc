package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"golang.org/x/sys/unix"
)

const (
	askInterval  = time.Millisecond
	answerWithin = 100 * time.Millisecond // an answer that comes later is none
	askedPort    = 7777
	questionSize = 8 // the number of the question; one more byte in the answer: that of the node
)

// An answering is a node's service: it answers each question, from the virtual
// address, while the node has that.
type answering struct {
	Addr netip.Addr
	Node byte
}

func (a answering) run() error {
	runtime.LockOSThread()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_FREEBIND, 1); err != nil {
		return err
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: askedPort, Addr: a.Addr.As4()}); err != nil {
		return err
	}
	buf := make([]byte, questionSize+1)
	for {
		n, from, err := unix.Recvfrom(fd, buf[:questionSize], 0)
		if err == nil && n == questionSize {
			buf[questionSize] = a.Node
			_ = unix.Sendto(fd, buf, 0, from) // the address may just have gone
		}
	}
}

// An asking is a client that asks a virtual address again and again.
type asking struct {
	Addr netip.Addr
	For  time.Duration
}

// An asked is what it says at the end. Times are in Unix nanoseconds.
type asked struct {
	Gaps    []gap    // questions without answers
	Changes []change // of who answers, from the first answer on
	Slip    time.Duration
}

// A gap lies between two questions that were answered, or goes on to the end.
type gap struct{ From, To int64 }

// length is how long nobody answered.
func (g gap) length() time.Duration { return max(0, time.Duration(g.To-g.From)-askInterval) }

// A change is the first answer from another node.
type change struct {
	At   int64
	Node byte
}

// A question is one of a client's.
type question struct {
	sent, heard int64 // heard: 0 for never
	node        byte
}

func (a asking) run() error {
	runtime.LockOSThread()
	debug.SetGCPercent(-1)
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return err
	}
	to := &unix.SockaddrInet4{Port: askedPort, Addr: a.Addr.As4()}
	questions := make([]question, 0, a.For/askInterval+1)
	var slip time.Duration
	buf := make([]byte, questionSize)
	next := time.Now()
	end := next.Add(a.For)
	for now := next; now.Before(end.Add(answerWithin)); now = time.Now() {
		if !now.Before(next) && now.Before(end) {
			slip = max(slip, now.Sub(next))
			for !next.After(now) { // who was late does not make up for it
				next = next.Add(askInterval)
			}
			binary.NativeEndian.PutUint64(buf, uint64(len(questions)))
			questions = append(questions, question{sent: now.UnixNano()})
			_ = unix.Sendto(fd, buf, 0, to) // nobody may have the address
		}
		if err := await(fd, time.Until(next)); err != nil {
			return err
		}
		hear(fd, questions)
	}
	said := summary(questions)
	said.Slip = slip
	return json.NewEncoder(os.Stdout).Encode(said)
}

// await waits until there is something to read, but not longer than that.
func await(fd int, d time.Duration) error {
	timeout := unix.NsecToTimespec(int64(min(max(0, d), askInterval)))
	_, err := unix.Ppoll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, &timeout, nil)
	if errors.Is(err, unix.EINTR) {
		return nil
	}
	return err
}

// hear notes the answers that have come.
func hear(fd int, questions []question) {
	buf := make([]byte, questionSize+1)
	for {
		n, _, err := unix.Recvfrom(fd, buf, 0)
		if err != nil {
			return // none, or the news that nobody was there
		}
		i := binary.NativeEndian.Uint64(buf)
		if n == len(buf) && i < uint64(len(questions)) && questions[i].heard == 0 {
			questions[i].heard, questions[i].node = time.Now().UnixNano(), buf[questionSize]
		}
	}
}

// summary finds gaps and changes.
func summary(questions []question) (a asked) {
	last := -1 // the last question that was answered
	for i, q := range questions {
		if q.heard == 0 || q.heard-q.sent > int64(answerWithin) {
			continue
		}
		if last >= 0 && last < i-1 {
			a.Gaps = append(a.Gaps, gap{questions[last].sent, q.sent})
		}
		if last < 0 || questions[last].node != q.node {
			a.Changes = append(a.Changes, change{q.heard, q.node})
		}
		last = i
	}
	if last >= 0 && last < len(questions)-1 {
		a.Gaps = append(a.Gaps, gap{questions[last].sent, questions[len(questions)-1].sent})
	}
	return a
}
