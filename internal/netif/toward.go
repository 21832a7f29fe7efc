package netif

import (
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
)

// Toward returns the name of the interface by which this host sends packets to
// addr. The error of a host without a route is the kernel's, such as
// [syscall.ENETUNREACH].
func Toward(addr netip.Addr) (ifname string, err error) {
	routes, err := netlink.RouteGet(addr.AsSlice())
	if err != nil {
		return "", fmt.Errorf("route to %s: %w", addr, err)
	}
	if len(routes) == 0 || len(routes[0].MultiPath) > 0 {
		return "", fmt.Errorf("route to %s: there is not one interface", addr)
	}
	link, err := netlink.LinkByIndex(routes[0].LinkIndex)
	if err != nil {
		return "", fmt.Errorf("route to %s: %w", addr, err)
	}
	return link.Attrs().Name, nil
}
