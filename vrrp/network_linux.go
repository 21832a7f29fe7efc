package vrrp

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// A LinuxNetwork is a Network on raw sockets (raw(7)). All routers share one socket to send for each family, and one to
// receive for each family and interface. It works in the network namespace it was made in, wherever it is used.
type LinuxNetwork struct {
	namespace *os.File
	epoll     int // watches timer, wake and all receivers
	timer     int // timerfd: unlike the time-out of epoll it has no slack
	wake      int // eventfd

	senders map[bool]int // sockets to send with, by whether they are for IPv6
	events  [128]unix.EpollEvent
	full    bool        // there were more events than that
	ready   []*receiver // may have packets
	turn    int         // in ready
	inbound inbound
	alarm   unix.ItimerSpec

	// mu is held while a packet is read, as another goroutine may close a socket.
	mu        sync.Mutex
	receivers map[endpoint]*receiver
	watched   map[int32]*receiver // the same by descriptor

	waking  sync.Mutex // held while wake is written or closed
	woken   atomic.Bool
	closing bool // guarded by waking
}

// NewNetwork opens a network. It needs CAP_NET_RAW; without it the error matches os.ErrPermission. The caller calls
// Close, after those of all connections.
func NewNetwork() (*LinuxNetwork, error) {
	n := &LinuxNetwork{
		epoll: -1, timer: -1, wake: -1,
		senders:   make(map[bool]int),
		receivers: make(map[endpoint]*receiver),
		watched:   make(map[int32]*receiver),
	}
	if err := n.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("open VRRP sockets: %w", err), n.Close())
	}
	return n, nil
}

func (n *LinuxNetwork) open() (err error) {
	if n.namespace, err = os.Open(ownNamespace); err != nil {
		return err
	}
	if n.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	if n.timer, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK); err != nil {
		return os.NewSyscallError("timerfd_create", err)
	}
	if n.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return os.NewSyscallError("eventfd", err)
	}
	if err := errors.Join(n.watch(n.timer), n.watch(n.wake)); err != nil {
		return err
	}
	for _, ipv6 := range []bool{false, true} {
		fd, err := n.openSender(ipv6)
		if ipv6 && errors.Is(err, unix.EAFNOSUPPORT) {
			break // the kernel does without; Open says so to who needs it
		}
		if err != nil {
			return err
		}
		n.senders[ipv6] = fd
	}
	return nil
}

// watch has Wait return when there is something to read.
func (n *LinuxNetwork) watch(fd int) error {
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(n.epoll, unix.EPOLL_CTL_ADD, fd, &event))
}

// Close closes everything that is open.
func (n *LinuxNetwork) Close() error {
	n.waking.Lock()
	n.closing = true
	n.waking.Unlock()
	n.mu.Lock()
	defer n.mu.Unlock()
	var errs []error
	for at, r := range n.receivers {
		errs = append(errs, closeSocket(r.fd))
		r.closed = true
		delete(n.receivers, at)
	}
	for ipv6, fd := range n.senders {
		errs = append(errs, closeSocket(fd))
		delete(n.senders, ipv6)
	}
	for _, fd := range []*int{&n.wake, &n.timer, &n.epoll} {
		if *fd >= 0 {
			errs = append(errs, closeSocket(*fd))
			*fd = -1
		}
	}
	if n.namespace != nil {
		errs = append(errs, n.namespace.Close())
		n.namespace = nil
	}
	return errors.Join(errs...)
}

// Wake implements Network.
func (n *LinuxNetwork) Wake() {
	if n.woken.Swap(true) {
		return // Wait has not seen the last one yet
	}
	n.waking.Lock()
	defer n.waking.Unlock()
	if !n.closing {
		_, _ = unix.Write(n.wake, []byte{7: 1}) // fails only if it has been written 2^64 times; any order of bytes will do
	}
}

// Wait implements Network. It blocks the calling thread.
func (n *LinuxNetwork) Wait(deadline time.Time) {
	timeout := -1
	if !n.arm(deadline) {
		timeout = 0
	}
	if n.poll(timeout) == 0 && timeout != 0 {
		n.poll(0) // a signal, such as SIGCONT, says nothing about packets
	}
}

// arm sets the timer. It reports false if the deadline has passed.
func (n *LinuxNetwork) arm(deadline time.Time) bool {
	n.alarm.Value = unix.Timespec{}
	if !deadline.IsZero() {
		left := time.Until(deadline)
		if left <= 0 {
			return false
		}
		n.alarm.Value = unix.NsecToTimespec(left.Nanoseconds())
	}
	// It cannot fail: the descriptor and the time are valid.
	_ = unix.TimerfdSettime(n.timer, 0, &n.alarm, nil)
	return true
}

// poll takes the events that there are, or waits for them for ever if timeout is -1, and returns their number.
func (n *LinuxNetwork) poll(timeout int) int {
	n.ready = n.ready[:0]
	count, err := unix.EpollWait(n.epoll, n.events[:], timeout)
	if err != nil {
		count = 0 // EINTR
	}
	n.full = count == len(n.events)
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, event := range n.events[:count] {
		switch r := n.watched[event.Fd]; {
		case r != nil:
			n.ready = append(n.ready, r)
		case int(event.Fd) == n.wake:
			var counter [8]byte
			_, _ = unix.Read(n.wake, counter[:])
			n.woken.Store(false)
		}
	}
	return count
}

// Receive implements Network. The sockets with packets take turns, so that a flood on one interface does not drown what
// others have.
func (n *LinuxNetwork) Receive() (Packet, bool, error) {
	p, ok, err := n.receive()
	if !ok && err == nil && n.full {
		n.poll(0)
		p, ok, err = n.receive()
	}
	return p, ok, err
}

func (n *LinuxNetwork) receive() (Packet, bool, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for len(n.ready) > 0 {
		if n.turn++; n.turn >= len(n.ready) {
			n.turn = 0
		}
		r := n.ready[n.turn]
		if !r.closed {
			p, err := n.inbound.read(r)
			if !errors.Is(err, unix.EAGAIN) {
				return p, err == nil, err
			}
		}
		last := len(n.ready) - 1
		n.ready[n.turn], n.ready[last] = n.ready[last], nil
		n.ready = n.ready[:last]
	}
	return Packet{}, false, nil
}
