package netif

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
)

// Addresses reports the addresses that this host has, sorted and each once,
// and again whenever they change, until ctx is done. report is called from
// Addresses' goroutine and must not block; the slice is its own.
func Addresses(ctx context.Context, report func([]netip.Addr), log *slog.Logger) {
	var reported []netip.Addr
	first := true
	keepWatching(ctx, "addresses", log, func(ctx context.Context) error {
		return watchAddresses(ctx, func(all []netip.Addr) {
			if first || !slices.Equal(all, reported) {
				first, reported = false, all
				report(slices.Clone(all))
			}
		})
	})
}

// An assignment is an address on an interface: two may have the same.
type assignment struct {
	link int
	addr netip.Addr
}

// watchAddresses reports all addresses until the subscription fails or ctx is
// done.
func watchAddresses(ctx context.Context, report func([]netip.Addr)) error {
	updates := make(chan netlink.AddrUpdate)
	done := make(chan struct{})
	failure := errors.New("stream ended") // written before updates is closed, read after
	err := netlink.AddrSubscribeWithOptions(updates, done, netlink.AddrSubscribeOptions{
		ErrorCallback: func(err error) { failure = err },
	})
	if err != nil {
		return fmt.Errorf("subscribe to addresses: %w", err)
	}
	defer func() {
		close(done)
		for range updates { // the sender must not be left blocked
		}
	}()
	// Listed after the subscription, so that no change falls in between.
	listed, err := dump(func() ([]netlink.Addr, error) { return netlink.AddrList(nil, netlink.FAMILY_ALL) })
	if err != nil {
		return fmt.Errorf("list addresses: %w", err)
	}
	there := make(map[assignment]bool)
	for _, a := range listed {
		there[newAssignment(a.LinkIndex, a.IPNet)] = true
	}
	report(addressesOf(there))
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case u, ok := <-updates:
			if !ok {
				return fmt.Errorf("read address messages: %w", failure)
			}
			if a := newAssignment(u.LinkIndex, &u.LinkAddress); u.NewAddr {
				there[a] = true
			} else {
				delete(there, a)
			}
			report(addressesOf(there))
		}
	}
}

func newAssignment(link int, n *net.IPNet) assignment {
	addr, _ := netip.AddrFromSlice(n.IP)
	return assignment{link: link, addr: addr.Unmap()}
}

func addressesOf(there map[assignment]bool) []netip.Addr {
	all := make([]netip.Addr, 0, len(there))
	for a := range maps.Keys(there) {
		all = append(all, a.addr)
	}
	slices.SortFunc(all, netip.Addr.Compare)
	return slices.Compact(all)
}
