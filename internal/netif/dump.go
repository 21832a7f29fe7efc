package netif

import (
	"errors"

	"github.com/vishvananda/netlink"
)

// dumpAttempts bounds the repetitions of a dump that changes keep disturbing.
const dumpAttempts = 10

// dump lists objects of the kernel. A list that changed while the kernel was
// writing it may lack entries, so it is taken again.
func dump[T any](list func() ([]T, error)) ([]T, error) {
	var err error
	for range dumpAttempts {
		var all []T
		if all, err = list(); !errors.Is(err, netlink.ErrDumpInterrupted) && !errors.Is(err, errInterrupted) {
			return all, err
		}
	}
	return nil, err
}
