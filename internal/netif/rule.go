package netif

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

func (r Rule) String() string {
	s := "rule"
	if r.Preference != 0 {
		s += fmt.Sprintf(" %d", r.Preference)
	}
	if r.Not {
		s += " not"
	}
	if r.From.IsValid() {
		s += " from " + r.From.String()
	}
	if r.To.IsValid() {
		s += " to " + r.To.String()
	}
	if r.Table != 0 {
		s += fmt.Sprintf(" table %d", r.Table)
	}
	return s
}

// devices returns nothing: the kernel takes the interfaces of rules by name.
func (r Rule) devices() []string { return nil }

func (r Rule) add(links) (message, error) {
	body, err := r.body()
	return message{kind: unix.RTM_NEWRULE, flags: unix.NLM_F_CREATE | unix.NLM_F_EXCL, body: body}, err
}

func (r Rule) remove(links) (message, error) {
	body, err := r.body()
	return message{kind: unix.RTM_DELRULE, body: body}, err
}

// body returns a struct fib_rule_hdr with attributes.
func (r Rule) body() ([]byte, error) {
	action, err := r.action()
	if err != nil {
		return nil, err
	}
	family, flags := unix.AF_INET, uint32(0)
	if r.IPv6 {
		family = unix.AF_INET6
	}
	if r.Not {
		flags = unix.FIB_RULE_INVERT
	}
	ae := netlink.NewAttributeEncoder()
	r.selectors(ae)
	r.outcome(ae)
	attrs, err := ae.Encode()
	header := []byte{byte(family), length(r.To), length(r.From), byte(r.TOS), unix.RT_TABLE_UNSPEC, 0, 0, byte(action)}
	header = binary.NativeEndian.AppendUint32(header, flags)
	return append(header, attrs...), err
}

func length(p netip.Prefix) byte {
	if !p.IsValid() {
		return 0
	}
	return byte(p.Bits())
}

// selectors adds which packets the rule is for.
func (r Rule) selectors(ae *netlink.AttributeEncoder) {
	prefix := func(kind uint16, p netip.Prefix) {
		if p.IsValid() && p.Bits() > 0 {
			ae.Bytes(kind, p.Masked().Addr().AsSlice())
		}
	}
	prefix(unix.FRA_SRC, r.From)
	prefix(unix.FRA_DST, r.To)
	if r.FWMask != 0 {
		ae.Uint32(unix.FRA_FWMARK, r.FWMark)
		ae.Uint32(unix.FRA_FWMASK, r.FWMask)
	}
	if r.IIF != "" {
		ae.String(unix.FRA_IIFNAME, r.IIF)
	}
	if r.OIF != "" {
		ae.String(unix.FRA_OIFNAME, r.OIF)
	}
	if r.UIDRange[0] >= 0 {
		ae.Bytes(unix.FRA_UID_RANGE, binary.NativeEndian.AppendUint32(
			binary.NativeEndian.AppendUint32(nil, uint32(r.UIDRange[0])), uint32(r.UIDRange[1])))
	}
	if r.L3MDev {
		ae.Uint8(unix.FRA_L3MDEV, 1)
	}
	if r.IPProto != 0 {
		ae.Uint8(unix.FRA_IP_PROTO, uint8(r.IPProto))
	}
	ports := func(kind uint16, span [2]uint16) {
		if span[1] != 0 {
			ae.Bytes(kind, binary.NativeEndian.AppendUint16(binary.NativeEndian.AppendUint16(nil, span[0]), span[1]))
		}
	}
	ports(unix.FRA_SPORT_RANGE, r.SourcePort)
	ports(unix.FRA_DPORT_RANGE, r.DestinationPort)
}

// outcome adds what becomes of the packets, and the rule's place.
func (r Rule) outcome(ae *netlink.AttributeEncoder) {
	if r.Preference != 0 {
		ae.Uint32(unix.FRA_PRIORITY, uint32(r.Preference))
	}
	if table := r.table(); table != 0 {
		ae.Uint32(unix.FRA_TABLE, uint32(table))
	}
	if r.Action == "goto" {
		ae.Uint32(unix.FRA_GOTO, uint32(r.Goto))
	}
	if r.SuppressPrefixLength >= 0 {
		ae.Uint32(unix.FRA_SUPPRESS_PREFIXLEN, uint32(r.SuppressPrefixLength))
	}
	ae.Uint8(unix.FRA_PROTOCOL, uint8(protocolOf(r.Protocol)))
}

// table returns the table, chosen as ip-rule(8) does; 0: none.
func (r Rule) table() int {
	if lookup := r.Action == "" || r.Action == "lookup"; lookup && r.Table == 0 && !r.L3MDev {
		return unix.RT_TABLE_MAIN
	}
	return r.Table
}

// action returns the FR_ACT_.
func (r Rule) action() (int, error) {
	switch r.Action {
	case "", "lookup":
		return unix.FR_ACT_TO_TBL, nil
	case "goto":
		return unix.FR_ACT_GOTO, nil
	case "nop":
		return unix.FR_ACT_NOP, nil
	case "blackhole":
		return unix.FR_ACT_BLACKHOLE, nil
	case "unreachable":
		return unix.FR_ACT_UNREACHABLE, nil
	case "prohibit":
		return unix.FR_ACT_PROHIBIT, nil
	}
	return 0, fmt.Errorf("there is no rule with the action %q", r.Action)
}

func (r Rule) tracking() (no bool, group string) { return r.NoTrack, r.TrackGroup }

func (r Rule) untracked() object {
	r.NoTrack, r.TrackGroup = false, ""
	return r
}
