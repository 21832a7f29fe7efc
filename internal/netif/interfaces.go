package netif

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"os"
	"reflect"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// An Interface is what there is to know of a network interface.
type Interface struct {
	Index        int
	Up           bool             // administratively up and with a carrier (IFF_UP and IFF_RUNNING)
	HardwareAddr net.HardwareAddr // may be empty
	// Addresses are in the kernel's order: the first of a family is the usual
	// source. Link-local ones that duplicate address detection has not
	// passed yet are left out: nothing can be sent from them.
	Addresses []netip.Addr
}

// Interfaces reports all network interfaces by name, and again all of them
// after each change, until ctx is done. Changes that come together are reported
// together, those of addresses within some milliseconds. report is called from
// Interfaces' goroutine and must not block; the map and what is in it must not
// be changed. When the kernel's messages are lost, everything is listed again.
func Interfaces(ctx context.Context, report func(map[string]Interface), log *slog.Logger) {
	w := interfaceWatch{report: report}
	defer func() { _ = w.kernel.close() }()
	keepWatching(ctx, "interfaces", log, w.watch)
}

const (
	// Addresses are listed when no message has come for settleTime, and at most
	// settleLimit after the first one: an address that is added among 255
	// others does not make all of them be listed.
	settleTime  = 2 * time.Millisecond
	settleLimit = 20 * time.Millisecond
)

// interfaceWatch knows the interfaces as they were last listed or told of.
type interfaceWatch struct {
	report    func(map[string]Interface)
	kernel    rtnetlink
	links     map[int]link         // by index
	addresses map[int][]netip.Addr // by index of the interface
	reported  map[string]Interface

	unsettled time.Time // when the first message about addresses came since they were listed; zero: none
}

// watch reports until the kernel's messages cannot be had or ctx is done.
func (w *interfaceWatch) watch(ctx context.Context) error {
	messages, err := subscribeMessages(unix.RTNLGRP_LINK, unix.RTNLGRP_IPV4_IFADDR, unix.RTNLGRP_IPV6_IFADDR)
	if err != nil {
		return fmt.Errorf("subscribe to interfaces: %w", err)
	}
	defer func() { _ = messages.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = messages.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	// Listed after the subscription, so that no change falls in between.
	if err := w.list(); err != nil {
		return err
	}
	w.tell()
	for buf := make([]byte, answerSize); ; {
		err := drain(messages, buf, w.take)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
			return fmt.Errorf("read messages about interfaces: %w", err)
		}
		quiet := errors.Is(err, os.ErrDeadlineExceeded)
		if !w.unsettled.IsZero() && (quiet || time.Since(w.unsettled) >= settleLimit) {
			if err := w.listAddresses(); err != nil {
				return err
			}
		}
		w.tell()
		if err := w.wait(ctx, messages); err != nil {
			return err
		}
	}
}

// list lists all interfaces and addresses.
func (w *interfaceWatch) list() error {
	all, err := w.kernel.links()
	if err != nil {
		return err
	}
	w.links = make(map[int]link, len(all))
	for _, l := range all {
		w.links[l.index] = l
	}
	return w.listAddresses()
}

func (w *interfaceWatch) listAddresses() error {
	all, err := w.kernel.addresses(unix.AF_UNSPEC)
	if err != nil {
		return err
	}
	w.addresses = make(map[int][]netip.Addr)
	for _, a := range all {
		if tentative := a.flags&(unix.IFA_F_TENTATIVE|unix.IFA_F_OPTIMISTIC) == unix.IFA_F_TENTATIVE; tentative &&
			a.prefix.Addr().IsLinkLocalUnicast() {
			continue
		}
		w.addresses[a.index] = append(w.addresses[a.index], a.prefix.Addr())
	}
	w.unsettled = time.Time{}
	return nil
}

// wait sets until when the next read waits for messages.
func (w *interfaceWatch) wait(ctx context.Context, messages *os.File) error {
	deadline := time.Time{}
	if !w.unsettled.IsZero() {
		deadline = time.Now().Add(settleTime)
	}
	if err := messages.SetReadDeadline(deadline); err != nil {
		return err
	}
	return ctx.Err() // if it was done before, the deadline has gone
}

// take takes in messages of the kernel.
func (w *interfaceWatch) take(b []byte) error {
	messages, err := syscall.ParseNetlinkMessage(b)
	if err != nil {
		return err
	}
	for _, m := range messages {
		switch m.Header.Type {
		case unix.RTM_NEWADDR, unix.RTM_DELADDR:
			if w.unsettled.IsZero() {
				w.unsettled = time.Now()
			}
		case unix.RTM_NEWLINK, unix.RTM_DELLINK:
			if err := w.takeLink(m); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *interfaceWatch) takeLink(m syscall.NetlinkMessage) error {
	l, err := parseLink(m.Data)
	if err != nil {
		return err
	}
	switch {
	case m.Data[0] != unix.AF_UNSPEC:
		// Bridges speak of their ports in the same group: "deleted" is then a
		// port that left the bridge, not an interface that is gone.
	case m.Header.Type == unix.RTM_DELLINK:
		delete(w.links, l.index)
		delete(w.addresses, l.index)
	default:
		w.links[l.index] = l
	}
	return nil
}

// tell reports the interfaces if they have changed.
func (w *interfaceWatch) tell() {
	const running = unix.IFF_UP | unix.IFF_RUNNING
	now := make(map[string]Interface, len(w.links))
	for index, l := range w.links {
		now[l.name] = Interface{
			Index: index, Up: l.flags&running == running, HardwareAddr: l.mac, Addresses: w.addresses[index],
		}
	}
	if w.reported != nil && maps.EqualFunc(now, w.reported, func(a, b Interface) bool { return reflect.DeepEqual(a, b) }) {
		return
	}
	w.reported = now
	w.report(now)
}
