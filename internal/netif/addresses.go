package netif

import (
	"context"
	"log/slog"
	"net/netip"
	"slices"
)

// Addresses reports the addresses that this host has, sorted and each once,
// and again whenever they change, until ctx is done. report is called from
// Addresses' goroutine and must not block; the slice is its own.
func Addresses(ctx context.Context, report func([]netip.Addr), log *slog.Logger) {
	var reported []netip.Addr
	first := true
	Interfaces(ctx, func(table map[string]Interface) {
		var all []netip.Addr
		for _, i := range table {
			all = append(all, i.Addresses...)
		}
		slices.SortFunc(all, netip.Addr.Compare)
		all = slices.Compact(all)
		if first || !slices.Equal(all, reported) {
			first, reported = false, all
			report(slices.Clone(all))
		}
	}, log)
}
