package netif

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// A link is what there is to know of a network interface before one acts on it.
type link struct {
	name       string
	index      int
	flags      uint32 // IFF_
	mac        net.HardwareAddr
	forwarding bool // of IPv6
}

// sameSender reports whether frames for other are right for l.
func (l link) sameSender(other link) bool {
	return l.index == other.index && l.forwarding == other.forwarding && bytes.Equal(l.mac, other.mac)
}

// skipStats leaves counters out of answers (RTEXT_FILTER_SKIP_STATS).
const skipStats = 1 << 3

// link looks an interface up. The error for one that does not exist matches
// [unix.ENODEV].
func (c *rtnetlink) link(name string) (link, error) {
	ae := netlink.NewAttributeEncoder()
	ae.String(unix.IFLA_IFNAME, name)
	ae.Uint32(unix.IFLA_EXT_MASK, skipStats)
	attrs, err := ae.Encode()
	if err != nil {
		return link{}, err
	}
	answer, err := c.get(message{kind: unix.RTM_GETLINK, body: append(make([]byte, unix.SizeofIfInfomsg), attrs...)})
	if err != nil {
		return link{}, err
	}
	return parseLink(answer)
}

// links lists all interfaces.
func (c *rtnetlink) links() ([]link, error) {
	ae := netlink.NewAttributeEncoder()
	ae.Uint32(unix.IFLA_EXT_MASK, skipStats)
	attrs, err := ae.Encode()
	if err != nil {
		return nil, err
	}
	request := message{kind: unix.RTM_GETLINK, body: append(make([]byte, unix.SizeofIfInfomsg), attrs...)}
	all, err := dump(func() (all []link, err error) {
		err = c.list(request, func(body []byte) error {
			l, err := parseLink(body)
			all = append(all, l)
			return err
		})
		return all, err
	})
	if err != nil {
		return nil, fmt.Errorf("list interfaces: %w", err)
	}
	return all, nil
}

// parseLink reads an RTM_NEWLINK.
func parseLink(b []byte) (link, error) {
	if len(b) < unix.SizeofIfInfomsg {
		return link{}, fmt.Errorf("a message about an interface has %d bytes", len(b))
	}
	l := link{index: int(int32(binary.NativeEndian.Uint32(b[4:]))), flags: binary.NativeEndian.Uint32(b[8:])}
	ad, err := netlink.NewAttributeDecoder(b[unix.SizeofIfInfomsg:])
	if err != nil {
		return link{}, err
	}
	for ad.Next() {
		switch ad.Type() {
		case unix.IFLA_IFNAME:
			l.name = ad.String()
		case unix.IFLA_ADDRESS:
			l.mac = ad.Bytes()
		case unix.IFLA_AF_SPEC:
			ad.Nested(l.parseFamilies)
		}
	}
	return l, ad.Err()
}

// parseFamilies reads what IPv6 has to say of an interface: its settings are an
// array, of which the first is forwarding (DEVCONF_FORWARDING).
func (l *link) parseFamilies(families *netlink.AttributeDecoder) error {
	for families.Next() {
		if families.Type() != unix.AF_INET6 {
			continue
		}
		families.Nested(func(settings *netlink.AttributeDecoder) error {
			for settings.Next() {
				if conf := settings.Bytes(); settings.Type() == unix.IFLA_INET6_CONF && len(conf) >= 4 {
					l.forwarding = binary.NativeEndian.Uint32(conf) != 0
				}
			}
			return nil
		})
	}
	return nil
}

// links are interfaces by name.
type links map[string]link

// find looks up the interfaces that objects name. Those that are not there are
// left out, with an error for each.
func (c *rtnetlink) find(names []string) (found links, missing map[string]error) {
	found, missing = make(links, len(names)), make(map[string]error)
	for _, name := range names {
		if l, err := c.link(name); err != nil {
			missing[name] = err
		} else {
			found[name] = l
		}
	}
	return found, missing
}
