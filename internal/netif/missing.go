package netif

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// missing returns those of the objects that are not in the kernel.
func (c *rtnetlink) missing(objects []object) ([]object, error) {
	var missing []object
	var present []assigned
	found, _ := c.find(devicesOf(objects))
	for _, o := range objects {
		var there bool
		var err error
		switch o := o.(type) {
		case Address:
			if present == nil {
				if present, err = c.addresses(unix.AF_UNSPEC); err != nil {
					return nil, err
				}
			}
			there = o.in(present, found)
		case Route:
			there, err = c.hasRoute(o)
		case Rule:
			there, err = c.has(o)
		}
		if err != nil {
			return nil, fmt.Errorf("look for %s: %w", o, err)
		}
		if !there {
			missing = append(missing, o)
		}
	}
	return missing, nil
}

// in reports whether an address is among those of the host.
func (a Address) in(present []assigned, found links) bool {
	bits := a.Prefix.Bits()
	if a.Peer.IsValid() {
		bits = a.Peer.Bits()
	}
	l, ok := found[a.Device]
	for _, p := range present {
		if ok && p.index == l.index && p.prefix == netip.PrefixFrom(a.Prefix.Addr(), bits) {
			return true
		}
	}
	return false
}

// hasRoute reports whether there is a route of the same protocol to the same
// destination, in the same table, of the same type, service and metric.
func (c *rtnetlink) hasRoute(r Route) (bool, error) {
	body, err := r.body(nil)
	if err != nil {
		return false, err
	}
	want, err := parseRoute(body)
	if err != nil {
		return false, err
	}
	const family, protocol, kind = 0, 5, 7 // of struct rtmsg
	request := message{kind: unix.RTM_GETROUTE, body: make([]byte, unix.SizeofRtMsg)}
	for _, i := range []int{family, protocol, kind} { // newer kernels list only these
		request.body[i] = body[i]
	}
	ae := netlink.NewAttributeEncoder()
	ae.Uint32(unix.RTA_TABLE, want.table)
	attrs, err := ae.Encode()
	if err != nil {
		return false, err
	}
	request.body = append(request.body, attrs...)
	all, err := dump(func() (all []routeForm, err error) {
		err = c.list(request, func(body []byte) error {
			f, err := parseRoute(body)
			all = append(all, f)
			return err
		})
		return all, err
	})
	if err != nil && !errors.Is(err, unix.ENOENT) { // there is no such table
		return false, err
	}
	for _, have := range all {
		if have.is(want) {
			return true, nil
		}
	}
	return false, nil
}

// A routeForm is what tells one route from another.
type routeForm struct {
	family, bits, tos, protocol, kind byte
	destination                       []byte
	table, metric                     uint32
}

// parseRoute reads a struct rtmsg with attributes.
func parseRoute(b []byte) (routeForm, error) {
	if len(b) < unix.SizeofRtMsg {
		return routeForm{}, fmt.Errorf("a message about a route has %d bytes", len(b))
	}
	f := routeForm{family: b[0], bits: b[1], tos: b[3], protocol: b[5], kind: b[7], table: uint32(b[4])}
	ad, err := netlink.NewAttributeDecoder(b[unix.SizeofRtMsg:])
	if err != nil {
		return routeForm{}, err
	}
	for ad.Next() {
		switch ad.Type() {
		case unix.RTA_DST:
			f.destination = ad.Bytes()
		case unix.RTA_TABLE:
			f.table = ad.Uint32()
		case unix.RTA_PRIORITY:
			f.metric = ad.Uint32()
		}
	}
	return f, ad.Err()
}

// is reports whether a route is the wanted one; without a metric the kernel has
// given it one.
func (f routeForm) is(want routeForm) bool {
	if want.metric == 0 {
		f.metric = 0
	}
	return bytes.Equal(f.destination, want.destination) && f.family == want.family && f.bits == want.bits && f.tos == want.tos && f.protocol == want.protocol &&
		f.kind == want.kind && f.table == want.table && f.metric == want.metric
}

// Missing returns which addresses, routes and rules of the master are not on
// the host, but for those whose loss does not matter.
func (h *Host) Missing() ([]string, error) {
	var tracked []object
	for _, o := range h.objects {
		if no, _ := o.tracking(); !no {
			tracked = append(tracked, o)
		}
	}
	missing, err := h.kernel.missing(tracked)
	if err != nil {
		return nil, fmt.Errorf("look for what a master has: %w", err)
	}
	var texts []string
	for _, o := range missing {
		texts = append(texts, o.String())
	}
	return texts, nil
}
