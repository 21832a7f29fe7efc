package netif

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// messagesBuffer is for messages that come while those before are looked at.
const messagesBuffer = 4 << 20

// subscribeMessages opens a socket that the kernel sends the messages of some
// groups of rtnetlink (RTNLGRP_) to.
func subscribeMessages(groups ...int) (*os.File, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("open netlink socket: %w", err)
	}
	// Without the privilege the usual size must do.
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, messagesBuffer)
	err = unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
	for _, g := range groups {
		if err == nil {
			err = unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_ADD_MEMBERSHIP, g)
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("set up netlink socket: %w", err), unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), "netlink socket"), nil
}

// drain waits for messages and hands all that are there to take, a datagram at
// a time.
func drain(messages *os.File, buf []byte, take func([]byte) error) error {
	conn, err := messages.SyscallConn()
	if err != nil {
		return err
	}
	var failure error
	err = conn.Read(func(fd uintptr) (done bool) {
		for {
			n, _, err := unix.Recvfrom(int(fd), buf, unix.MSG_DONTWAIT)
			if errors.Is(err, unix.EAGAIN) {
				return done
			}
			if err == nil {
				err = take(buf[:n])
			}
			if err != nil {
				failure = err
				return true
			}
			done = true
		}
	})
	return errors.Join(failure, err)
}
