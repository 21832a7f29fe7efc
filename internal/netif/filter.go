package netif

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// A filter drops packets to the addresses of a virtual router that does not
// accept them (RFC 9568, section 6.4.3, Accept_Mode). It is an nftables table of
// its own, so that one transaction replaces or removes it.
type filter struct {
	instance  string
	addresses []Address
	stale     bool // a former configuration may have left it
}

// filterPrefix begins the names of our tables.
const filterPrefix = "ldirector_vrrp_"

// filterRegister holds each value on its way from the packet.
const filterRegister = unix.NFT_REG_1

func (f filter) table() *nftables.Table {
	return &nftables.Table{Name: filterTable(f.instance), Family: nftables.TableFamilyINet}
}

// filterTable returns the name of the table of an instance. Characters that nft(8)
// would not read are written in hex.
func filterTable(instance string) string {
	var b strings.Builder
	b.WriteString(filterPrefix)
	for _, c := range []byte(instance) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "_%02x", c)
		}
	}
	return b.String()
}

// add puts the filter in place of one that is there, as after a crash.
func (f filter) add() error {
	conn, err := nftables.New()
	if err != nil {
		return fmt.Errorf("drop packets to the addresses: %w", err)
	}
	table := f.table()
	conn.AddTable(table)
	conn.DelTable(table)
	conn.AddTable(table)
	// Before filters of others, as keepalived's.
	chain := conn.AddChain(&nftables.Chain{
		Table: table, Name: "input", Type: nftables.ChainTypeFilter,
		Hooknum: nftables.ChainHookInput, Priority: nftables.ChainPriorityRef(-1),
	})
	if err := f.addRules(conn, table, chain); err != nil {
		return fmt.Errorf("drop packets to the addresses: %w", err)
	}
	if err := conn.Flush(); err != nil {
		return fmt.Errorf("drop packets to the addresses: %w", err)
	}
	return nil
}

func (f filter) addRules(conn *nftables.Conn, table *nftables.Table, chain *nftables.Chain) error {
	needed, err := neededICMPv6(conn, table)
	if err != nil {
		return err
	}
	rule := func(exprs ...expr.Any) {
		conn.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: exprs})
	}
	rule(append(needed, &expr.Verdict{Kind: expr.VerdictAccept})...)
	var v4, v6 []nftables.SetElement
	for _, a := range f.addresses {
		ip := a.Prefix.Addr()
		element := nftables.SetElement{Key: ip.AsSlice()}
		switch {
		case ip.Is4():
			v4 = append(v4, element)
		case ip.IsLinkLocalUnicast(): // it means something else on other interfaces
			rule(append(onInterface(expr.MetaKeyIIFNAME, a.Device), append(toAddress(ip), &expr.Verdict{Kind: expr.VerdictDrop})...)...)
		default:
			v6 = append(v6, element)
		}
	}
	for _, set := range []struct {
		keys     nftables.SetDatatype
		like     netip.Addr
		elements []nftables.SetElement
	}{
		{nftables.TypeIPAddr, netip.IPv4Unspecified(), v4},
		{nftables.TypeIP6Addr, netip.IPv6Unspecified(), v6},
	} {
		if len(set.elements) == 0 {
			continue
		}
		kernel := &nftables.Set{Table: table, Anonymous: true, Constant: true, KeyType: set.keys}
		if err := conn.AddSet(kernel, set.elements); err != nil {
			return err
		}
		rule(append(loadDestination(set.like),
			&expr.Lookup{SourceRegister: filterRegister, SetName: kernel.Name, SetID: kernel.ID},
			&expr.Verdict{Kind: expr.VerdictDrop})...)
	}
	return nil
}

// neededICMPv6 matches what IPv6 cannot do without: errors, among them those
// that tell of the path's MTU, and neighbour discovery (RFC 4890, section 4.4.1).
func neededICMPv6(conn *nftables.Conn, table *nftables.Table) ([]expr.Any, error) {
	return icmpv6(conn, table, 1, 2, 3, 4, 133, 134, 135, 136)
}

// icmpv6 matches ICMPv6 messages of some types.
func icmpv6(conn *nftables.Conn, table *nftables.Table, types ...byte) ([]expr.Any, error) {
	var elements []nftables.SetElement
	for _, t := range types {
		elements = append(elements, nftables.SetElement{Key: []byte{t}})
	}
	set := &nftables.Set{Table: table, Anonymous: true, Constant: true, KeyType: nftables.TypeICMP6Type}
	if err := conn.AddSet(set, elements); err != nil {
		return nil, err
	}
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: filterRegister},
		&expr.Cmp{Op: expr.CmpOpEq, Register: filterRegister, Data: []byte{unix.IPPROTO_ICMPV6}},
		&expr.Payload{DestRegister: filterRegister, Base: expr.PayloadBaseTransportHeader, Offset: 0, Len: 1},
		&expr.Lookup{SourceRegister: filterRegister, SetName: set.Name, SetID: set.ID},
	}, nil
}

// loadDestination loads the destination of packets of the family of like.
func loadDestination(like netip.Addr) []expr.Any {
	family, offset, length := byte(unix.NFPROTO_IPV4), uint32(16), uint32(4)
	if like.Is6() {
		family, offset, length = byte(unix.NFPROTO_IPV6), 24, 16
	}
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyNFPROTO, Register: filterRegister},
		&expr.Cmp{Op: expr.CmpOpEq, Register: filterRegister, Data: []byte{family}},
		&expr.Payload{DestRegister: filterRegister, Base: expr.PayloadBaseNetworkHeader, Offset: offset, Len: length},
	}
}

func toAddress(ip netip.Addr) []expr.Any {
	return append(loadDestination(ip), &expr.Cmp{Op: expr.CmpOpEq, Register: filterRegister, Data: ip.AsSlice()})
}

func onInterface(key expr.MetaKey, name string) []expr.Any {
	field := make([]byte, unix.IFNAMSIZ)
	copy(field, name)
	return []expr.Any{
		&expr.Meta{Key: key, Register: filterRegister},
		&expr.Cmp{Op: expr.CmpOpEq, Register: filterRegister, Data: field},
	}
}

// remove removes the filter; it is no error if there is none.
func (f filter) remove() error {
	conn, err := nftables.New()
	if err == nil {
		conn.DelTable(f.table())
		err = conn.Flush()
	}
	if err != nil && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("let packets to the addresses in: %w", err)
	}
	return nil
}

// isFilter reports whether a table is one of ours.
func isFilter(table string) bool { return strings.HasPrefix(table, filterPrefix) }
