package netif

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// An assigned address is one that an interface has.
type assigned struct {
	index  int // of the interface
	prefix netip.Prefix
	flags  uint32 // IFA_F_
}

// addresses lists the addresses of all interfaces in the kernel's order.
func (c *rtnetlink) addresses(family int) ([]assigned, error) {
	request := message{kind: unix.RTM_GETADDR, body: make([]byte, unix.SizeofIfAddrmsg)}
	request.body[0] = byte(family)
	all, err := dump(func() (all []assigned, err error) {
		err = c.list(request, func(body []byte) error {
			a, err := parseAssigned(body)
			all = append(all, a)
			return err
		})
		return all, err
	})
	if err != nil {
		return nil, fmt.Errorf("list addresses: %w", err)
	}
	return all, nil
}

// parseAssigned reads an RTM_NEWADDR. IPv6 addresses have no IFA_LOCAL unless
// they have a peer; IFA_ADDRESS is the peer then.
func parseAssigned(b []byte) (assigned, error) {
	if len(b) < unix.SizeofIfAddrmsg {
		return assigned{}, fmt.Errorf("a message about an address has %d bytes", len(b))
	}
	a := assigned{index: int(binary.NativeEndian.Uint32(b[4:])), flags: uint32(b[2])}
	ad, err := netlink.NewAttributeDecoder(b[unix.SizeofIfAddrmsg:])
	if err != nil {
		return assigned{}, err
	}
	var local, address netip.Addr
	for ad.Next() {
		switch ad.Type() {
		case unix.IFA_LOCAL:
			local, _ = netip.AddrFromSlice(ad.Bytes())
		case unix.IFA_ADDRESS:
			address, _ = netip.AddrFromSlice(ad.Bytes())
		case unix.IFA_FLAGS:
			a.flags = ad.Uint32()
		}
	}
	if !local.IsValid() {
		local = address
	}
	a.prefix = netip.PrefixFrom(local, int(b[1]))
	return a, ad.Err()
}
