package fwmark

import (
	"fmt"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/google/nftables/userdata"
	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/director/ipvs"
)

func ourTable() *nftables.Table {
	return &nftables.Table{Name: tableName, Family: nftables.TableFamilyINet}
}

// A composer writes the messages of transactions.
type composer struct {
	conn  *nftables.Conn
	table *nftables.Table
}

func newComposer(conn *nftables.Conn) composer { return composer{conn: conn, table: ourTable()} }

// layOut makes the table anew, with chains that give no marks yet.
func (c composer) layOut() {
	c.conn.AddTable(c.table)
	c.conn.DelTable(c.table)
	c.conn.AddTable(c.table)
	c.conn.AddChain(&nftables.Chain{Table: c.table, Name: chainMarks})
	c.base(chainPrerouting, nftables.ChainTypeFilter, nftables.ChainHookPrerouting)
	c.base(chainOutput, nftables.ChainTypeRoute, nftables.ChainHookOutput)
}

// base adds a chain that sends the packets of a hook through the marks.
func (c composer) base(name string, kind nftables.ChainType, hook *nftables.ChainHook) {
	chain := c.conn.AddChain(&nftables.Chain{
		Table: c.table, Name: name, Type: kind, Hooknum: hook, Priority: nftables.ChainPriorityMangle,
	})
	c.conn.AddRule(&nftables.Rule{
		Table: c.table, Chain: chain,
		Exprs:    []expr.Any{&expr.Verdict{Kind: expr.VerdictJump, Chain: chainMarks}},
		UserData: userdata.AppendString(nil, userdata.TypeComment, layoutComment()),
	})
}

// register holds each value on its way from the packet to the set.
const register = unix.NFT_REG_1

// replace puts rules for the groups in place of those that are there.
func (c composer) replace(want []group) {
	chain := &nftables.Chain{Table: c.table, Name: chainMarks}
	c.conn.FlushChain(chain)
	for _, g := range want {
		c.conn.AddRule(&nftables.Rule{
			Table: c.table, Chain: chain, Exprs: expressions(g),
			UserData: userdata.AppendString(nil, userdata.TypeComment, g.comment()),
		})
	}
}

// expressions returns what a rule compares and does.
func expressions(g group) []expr.Any {
	family, offset, length := byte(unix.NFPROTO_IPV4), uint32(16), uint32(4)
	if g.family == ipvs.INET6 {
		family, offset, length = byte(unix.NFPROTO_IPV6), 24, 16
	}
	exprs := []expr.Any{
		&expr.Meta{Key: expr.MetaKeyNFPROTO, Register: register},
		&expr.Cmp{Op: expr.CmpOpEq, Register: register, Data: []byte{family}},
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: register},
		&expr.Lookup{SourceRegister: register, SetName: protocolName(g.protocols)},
	}
	if len(g.ports) > 0 { // at the same place in TCP, UDP and SCTP
		exprs = append(exprs,
			&expr.Payload{DestRegister: register, Base: expr.PayloadBaseTransportHeader, Offset: 2, Len: 2},
			&expr.Lookup{SourceRegister: register, SetName: portName(g.ports)},
		)
	}
	return append(exprs,
		&expr.Payload{DestRegister: register, Base: expr.PayloadBaseNetworkHeader, Offset: offset, Len: length},
		&expr.Lookup{SourceRegister: register, DestRegister: register, IsDestRegSet: true, SetName: markMap(g).name},
		// The library cannot tell nft that a map's data are in the host's order,
		// and so nft would print them reversed.
		&expr.Byteorder{SourceRegister: register, DestRegister: register, Op: expr.ByteorderNtoh, Len: 4, Size: 4},
		&expr.Meta{Key: expr.MetaKeyMARK, SourceRegister: true, Register: register},
		&expr.Verdict{Kind: expr.VerdictAccept},
	)
}

// chunk is how many elements go into one message, whose attribute that holds
// them has 64 KiB at most.
const chunk = 1000

// addSet adds a set, the n-th of the transaction.
func (c composer) addSet(n int, s set) error {
	kernel := &nftables.Set{
		Table: c.table, ID: uint32(n), Name: s.name, KeyType: s.keys, Constant: true, Interval: s.interval, IsMap: s.marks,
	}
	if s.marks {
		kernel.DataType = nftables.TypeMark
	}
	if err := c.conn.AddSet(kernel, nil); err != nil {
		return fmt.Errorf("write set %s: %w", s.name, err)
	}
	for elements := range slices.Chunk(s.elements, chunk) {
		if err := c.conn.SetAddElements(kernel, elements); err != nil {
			return fmt.Errorf("write set %s: %w", s.name, err)
		}
	}
	return nil
}

// deleteSet deletes a set that no rule uses.
func (c composer) deleteSet(name string) {
	c.conn.DelSet(&nftables.Set{Table: c.table, Name: name})
}
