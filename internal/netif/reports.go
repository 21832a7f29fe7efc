package netif

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// reportsTable is our table of nftables for the reports of macvlans.
const reportsTable = "ldirector_vmac"

// moveReports makes the reports of multicast listeners (RFC 9777) that macvlans
// send leave by the interface below: a host that has just lost the addresses
// still sends some, and with the virtual MAC as their source they would turn the
// switches' tables away from the new master. Router solicitations of macvlans are
// dropped. Switches that follow the reports still hear them, from the physical
// address. Without macvlans of IPv6 the rules are removed.
func moveReports(vmacs []VMAC, log *slog.Logger) error {
	err := loadReports(vmacs, true)
	if errors.Is(err, unix.ENOENT) && len(vmacs) > 0 { // the kernel lacks nft_dup_ipv6
		log.Warn("reports of multicast listeners are dropped on virtual MACs", "err", err)
		err = loadReports(vmacs, false)
	}
	if err != nil {
		return fmt.Errorf("move reports of multicast listeners: %w", err)
	}
	return nil
}

func loadReports(vmacs []VMAC, duplicate bool) error {
	conn, err := nftables.New()
	if err != nil {
		return err
	}
	tables, err := conn.ListTablesOfFamily(nftables.TableFamilyIPv6)
	if err != nil && len(vmacs) == 0 {
		return nil // without nftables there is nothing to remove
	}
	if err != nil {
		return err
	}
	table := &nftables.Table{Name: reportsTable, Family: nftables.TableFamilyIPv6}
	for _, t := range tables {
		if t.Name == reportsTable {
			conn.DelTable(table)
		}
	}
	var chain *nftables.Chain
	for _, v := range vmacs {
		base, err := net.InterfaceByName(v.Base)
		if !v.IPv6 || err != nil { // without an interface below there is no macvlan
			continue
		}
		if chain == nil {
			conn.AddTable(table)
			chain = conn.AddChain(&nftables.Chain{
				Table: table, Name: "output", Type: nftables.ChainTypeFilter,
				Hooknum: nftables.ChainHookOutput, Priority: nftables.ChainPriorityRef(-1),
			})
		}
		if err := addReports(conn, chain, v.Name, base.Index, duplicate); err != nil {
			return err
		}
	}
	return conn.Flush()
}

// addReports adds the rules for a macvlan.
func addReports(conn *nftables.Conn, chain *nftables.Chain, vmac string, base int, duplicate bool) error {
	const query, report, done, solicitation, report2 = 130, 131, 132, 133, 143 // RFC 9777, section 5; RFC 4861, section 4.1
	reports, err := fromMacvlan(conn, chain.Table, vmac, query, report, done, report2)
	if err != nil {
		return err
	}
	if duplicate {
		routers := netip.MustParseAddr("ff02::16") // that want reports
		reports = append(reports,
			&expr.Immediate{Register: filterRegister, Data: routers.AsSlice()},
			&expr.Immediate{Register: unix.NFT_REG_2, Data: binaryutil.NativeEndian.PutUint32(uint32(base))},
			&expr.Dup{RegAddr: filterRegister, RegDev: unix.NFT_REG_2, IsRegDevSet: true},
		)
	}
	solicitations, err := fromMacvlan(conn, chain.Table, vmac, solicitation)
	if err != nil {
		return err
	}
	for _, exprs := range [][]expr.Any{reports, solicitations} {
		conn.AddRule(&nftables.Rule{Table: chain.Table, Chain: chain, Exprs: append(exprs, &expr.Verdict{Kind: expr.VerdictDrop})})
	}
	return nil
}

// fromMacvlan matches ICMPv6 messages of some types that leave by an interface.
func fromMacvlan(conn *nftables.Conn, table *nftables.Table, name string, types ...byte) ([]expr.Any, error) {
	isType, err := icmpv6(conn, table, types...)
	return append(onInterface(expr.MetaKeyOIFNAME, name), isType...), err
}
