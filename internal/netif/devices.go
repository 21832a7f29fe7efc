package netif

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path"
	"slices"
	"strconv"

	"github.com/google/nftables"
)

// Devices makes what virtual routers have on this host all the time, whether
// they are masters or not: the macvlans of virtual MACs, and sysctls of the
// interfaces. It keeps a record of what it changed, so that all of it can be
// undone, also after a crash. Its methods are for one goroutine.
type Devices struct {
	record string
	log    *slog.Logger
}

// NewDevices returns devices with their record at a path, which should not
// outlive the kernel's state (/run).
func NewDevices(record string, log *slog.Logger) *Devices {
	return &Devices{record: record, log: log}
}

// Ensure makes what the masters need, in place of what it made for others
// before. What is there already stays. It is to be called again when an
// interface has appeared: a macvlan vanishes with its base. It goes on after an
// error.
func (d *Devices) Ensure(masters []Master) error {
	record, err := loadDevices(d.record)
	if err != nil {
		return err
	}
	vmacs, err := vmacsOf(masters)
	if err != nil {
		return err
	}
	errs := []error{removeFilters(masters)}
	names := make([]string, 0, len(vmacs))
	for _, v := range vmacs {
		names = append(names, v.Name)
	}
	var kept []string
	for _, name := range record.Macvlans {
		if slices.Contains(names, name) {
			continue
		}
		if err := removeMacvlan(name); err != nil {
			errs = append(errs, err)
			kept = append(kept, name)
		}
	}
	wanted, err := settingsFor(masters, vmacs, record.Sysctls)
	errs = append(errs, err)
	writes, after, err := planSettings(wanted, record.Sysctls, ReadSysctl)
	errs = append(errs, err)
	// Recorded first: what a crash leaves undone needs no undoing.
	during := devicesRecord{Macvlans: append(kept, names...), Sysctls: union(after, record.Sysctls)}
	if err := saveDevices(d.record, during); err != nil {
		return errors.Join(append(errs, err)...)
	}
	err = writeSettings(writes, d.log)
	errs = append(errs, err)
	if err == nil {
		errs = append(errs, saveDevices(d.record, devicesRecord{Macvlans: during.Macvlans, Sysctls: after}))
	}
	errs = append(errs, moveReports(vmacs, d.log))
	for _, v := range vmacs {
		errs = append(errs, v.ensure(d.log))
	}
	return errors.Join(errs...)
}

// Restore undoes everything: macvlans are removed, sysctls get back the values
// that they had, unless somebody else has changed them.
func (d *Devices) Restore() error { return d.Ensure(nil) }

// union returns a with what only b has.
func union(a, b []changed) []changed {
	all := slices.Clone(a)
	for _, c := range b {
		if find(a, c.Name) < 0 {
			all = append(all, c)
		}
	}
	return all
}

// vmacsOf returns the virtual MACs of masters, each once.
func vmacsOf(masters []Master) ([]VMAC, error) {
	var all []VMAC
	for _, m := range masters {
		if m.VMAC == nil {
			continue
		}
		i := slices.IndexFunc(all, func(v VMAC) bool { return v.Name == m.VMAC.Name })
		switch {
		case i < 0:
			all = append(all, *m.VMAC)
		case !all[i].equal(*m.VMAC):
			return nil, fmt.Errorf("there are two different interfaces %s", m.VMAC.Name)
		}
	}
	return all, nil
}

const ipv4Conf = "net/ipv4/conf/"

// settingsFor returns the sysctls that masters need on interfaces other than
// their own macvlans.
//
// A host with a virtual MAC must not answer from the interface below it for an
// address of the macvlan, nor ask from there in its name: neighbours would learn
// the physical address (arp_ignore, arp_filter, arp_announce).
func settingsFor(masters []Master, vmacs []VMAC, before []changed) ([]setting, error) {
	var all []setting
	set := func(name, value string) {
		if s := (setting{name: name, value: value}); !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	own := make(map[string]bool)
	ipv4 := false
	for _, v := range vmacs {
		own[v.Name] = true
		if v.IPv6 {
			continue
		}
		ipv4 = true
		for _, s := range []setting{{"arp_ignore", "1"}, {"arp_filter", "1"}, {"arp_announce", "2"}} {
			set(ipv4Conf+v.Base+"/"+s.name, s.value)
		}
	}
	for _, m := range masters {
		for _, a := range slices.Concat(m.Addresses, m.Excluded) {
			if m.PromoteSecondaries && a.Prefix.Addr().Is4() && !own[a.Device] {
				set(ipv4Conf+a.Device+"/promote_secondaries", "1")
			}
		}
	}
	if !ipv4 {
		return all, nil
	}
	filters, err := reversePathFilters(own, before)
	return append(all, filters...), err
}

// reversePathFilters returns the sysctls that make room for macvlans without a
// reverse path filter: the kernel takes the larger one of the value for all
// interfaces and that of the interface, so the former moves to each of the others.
// The value for all comes last.
func reversePathFilters(own map[string]bool, before []changed) ([]setting, error) {
	original := func(name string) (int, error) {
		text, err := "", error(nil)
		if i := find(before, name); i >= 0 {
			text = before[i].Original
		} else if text, err = ReadSysctl(name); err != nil {
			return 0, err
		}
		return strconv.Atoi(text)
	}
	all := ipv4Conf + "all/rp_filter"
	forAll, err := original(all)
	if err != nil || forAll == 0 {
		return nil, err
	}
	interfaces, err := os.ReadDir(path.Join(procSys, ipv4Conf))
	if err != nil {
		return nil, fmt.Errorf("list sysctls: %w", err)
	}
	var moved []setting
	for _, i := range interfaces {
		name := ipv4Conf + i.Name() + "/rp_filter"
		if i.Name() == "all" || own[i.Name()] {
			continue
		}
		value, err := original(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if value < forAll {
			moved = append(moved, setting{name: name, value: strconv.Itoa(forAll)})
		}
	}
	return append(moved, setting{name: all, value: "0"}), nil
}

// removeFilters removes the filters of other virtual routers, which a crash has
// left.
func removeFilters(masters []Master) error {
	conn, err := nftables.New()
	if err != nil {
		return fmt.Errorf("look for filters: %w", err)
	}
	tables, err := conn.ListTablesOfFamily(nftables.TableFamilyINet)
	if err != nil {
		return nil // without nftables there are none
	}
	var wanted []string
	for _, m := range masters {
		if m.NoAccept {
			wanted = append(wanted, filterTable(m.Name))
		}
	}
	for _, t := range tables {
		if isFilter(t.Name) && !slices.Contains(wanted, t.Name) {
			conn.DelTable(t)
		}
	}
	if err := conn.Flush(); err != nil {
		return fmt.Errorf("remove filters: %w", err)
	}
	return nil
}
