package netif

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// protocolKeepalived marks routes and rules of VRRP (RTPROT_KEEPALIVED).
const protocolKeepalived = 18

func (r Route) String() string {
	s := "route " + r.Destination.String()
	if r.Table != 0 {
		s += fmt.Sprintf(" table %d", r.Table)
	}
	return s
}

func (r Route) devices() []string {
	var all []string
	if r.Device != "" {
		all = append(all, r.Device)
	}
	for _, n := range r.NextHops {
		if n.Device != "" {
			all = append(all, n.Device)
		}
	}
	return all
}

func (r Route) add(found links) (message, error) {
	body, err := r.body(found)
	return message{kind: unix.RTM_NEWROUTE, flags: unix.NLM_F_CREATE | unix.NLM_F_EXCL, body: body}, err
}

func (r Route) remove(found links) (message, error) {
	body, err := r.body(found)
	return message{kind: unix.RTM_DELROUTE, body: body}, err
}

// body returns a struct rtmsg with attributes (rtnetlink(7)).
func (r Route) body(found links) ([]byte, error) {
	kind, err := r.kind()
	if err != nil {
		return nil, err
	}
	ae := netlink.NewAttributeEncoder()
	if r.Destination.Bits() > 0 {
		ae.Bytes(unix.RTA_DST, r.Destination.Masked().Addr().AsSlice())
	}
	r.way(ae, found)
	if r.Source.IsValid() {
		ae.Bytes(unix.RTA_PREFSRC, r.Source.AsSlice())
	}
	ae.Uint32(unix.RTA_TABLE, uint32(r.table()))
	if r.Metric != 0 {
		ae.Uint32(unix.RTA_PRIORITY, uint32(r.Metric))
	}
	r.metrics(ae)
	attrs, err := ae.Encode()
	header := []byte{
		byte(r.family()), byte(r.Destination.Bits()), 0, byte(r.TOS),
		unix.RT_TABLE_COMPAT, byte(protocolOf(r.Protocol)), byte(r.scope(kind)), byte(kind),
	}
	header = binary.NativeEndian.AppendUint32(header, onLink(r.OnLink))
	return append(header, attrs...), err
}

// way adds where the packets go.
func (r Route) way(ae *netlink.AttributeEncoder, found links) {
	via(ae, r.Gateway, r.family())
	if r.Device != "" {
		ae.Uint32(unix.RTA_OIF, uint32(found[r.Device].index))
	}
	if len(r.NextHops) == 0 {
		return
	}
	ae.Do(unix.RTA_MULTIPATH, func() ([]byte, error) {
		var all []byte
		for _, n := range r.NextHops {
			inner := netlink.NewAttributeEncoder()
			via(inner, n.Gateway, r.family())
			attrs, err := inner.Encode()
			if err != nil {
				return nil, err
			}
			// struct rtnexthop: length, flags, weight less one, interface
			all = binary.NativeEndian.AppendUint16(all, uint16(unix.SizeofRtNexthop+len(attrs)))
			all = append(all, byte(onLink(n.OnLink)), byte(max(n.Weight, 1)-1))
			all = binary.NativeEndian.AppendUint32(all, uint32(found[n.Device].index))
			all = append(all, attrs...)
		}
		return all, nil
	})
}

// via adds a gateway, which may be of another family than the route.
func via(ae *netlink.AttributeEncoder, gateway netip.Addr, family int) {
	switch {
	case !gateway.IsValid():
	case familyOf(gateway) == family:
		ae.Bytes(unix.RTA_GATEWAY, gateway.AsSlice())
	default: // struct rtvia
		ae.Bytes(unix.RTA_VIA, append(binary.NativeEndian.AppendUint16(nil, uint16(familyOf(gateway))), gateway.AsSlice()...))
	}
}

// metrics adds what is known of the way. The kernel counts round trips in
// eighths of a millisecond, and their variance in quarters.
func (r Route) metrics(ae *netlink.AttributeEncoder) {
	values := []struct {
		kind  uint16
		value int
	}{
		{unix.RTAX_MTU, r.MTU}, {unix.RTAX_WINDOW, r.Window}, {unix.RTAX_RTT, 8 * r.RTT}, {unix.RTAX_RTTVAR, 4 * r.RTTVar},
		{unix.RTAX_SSTHRESH, r.SSThresh}, {unix.RTAX_CWND, r.Cwnd}, {unix.RTAX_ADVMSS, r.AdvMSS},
		{unix.RTAX_REORDERING, r.Reordering}, {unix.RTAX_HOPLIMIT, r.HopLimit}, {unix.RTAX_INITCWND, r.InitCwnd},
		{unix.RTAX_RTO_MIN, r.RTOMin}, {unix.RTAX_INITRWND, r.InitRwnd},
	}
	inner := netlink.NewAttributeEncoder()
	if r.MTULock {
		inner.Uint32(unix.RTAX_LOCK, 1<<unix.RTAX_MTU)
	}
	for _, v := range values {
		if v.value != 0 {
			inner.Uint32(v.kind, uint32(v.value))
		}
	}
	if r.QuickACK {
		inner.Uint32(unix.RTAX_QUICKACK, 1)
	}
	if r.Congestion != "" {
		inner.String(unix.RTAX_CC_ALGO, r.Congestion)
	}
	ae.Do(unix.RTA_METRICS, inner.Encode)
}

// kind returns the RTN_ type.
func (r Route) kind() (int, error) {
	switch r.Type {
	case "", "unicast":
		return unix.RTN_UNICAST, nil
	case "local":
		return unix.RTN_LOCAL, nil
	case "blackhole":
		return unix.RTN_BLACKHOLE, nil
	case "unreachable":
		return unix.RTN_UNREACHABLE, nil
	case "prohibit":
		return unix.RTN_PROHIBIT, nil
	case "throw":
		return unix.RTN_THROW, nil
	}
	return 0, fmt.Errorf("there is no route of type %q", r.Type)
}

// scope returns the RT_SCOPE_, chosen as ip-route(8) does.
func (r Route) scope(kind int) int {
	direct := !r.Gateway.IsValid() && len(r.NextHops) == 0
	switch {
	case r.Scope >= 0:
		return r.Scope
	case r.family() == unix.AF_INET6:
		return unix.RT_SCOPE_UNIVERSE
	case kind == unix.RTN_LOCAL:
		return unix.RT_SCOPE_HOST
	case kind == unix.RTN_UNICAST && direct:
		return unix.RT_SCOPE_LINK
	}
	return unix.RT_SCOPE_UNIVERSE
}

// table returns the table, chosen as ip-route(8) does.
func (r Route) table() int {
	switch {
	case r.Table != 0:
		return r.Table
	case r.Type == "local":
		return unix.RT_TABLE_LOCAL
	}
	return unix.RT_TABLE_MAIN
}

func (r Route) family() int { return familyOf(r.Destination.Addr()) }

func familyOf(a netip.Addr) int {
	if a.Is6() {
		return unix.AF_INET6
	}
	return unix.AF_INET
}

func protocolOf(configured int) int {
	if configured == 0 {
		return protocolKeepalived
	}
	return configured
}

func onLink(on bool) uint32 {
	if on {
		return unix.RTNH_F_ONLINK
	}
	return 0
}

func (r Route) tracking() (no bool, group string) { return r.NoTrack, r.TrackGroup }

func (r Route) untracked() object {
	r.NoTrack, r.TrackGroup = false, ""
	return r
}
