package realserver

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var errInjected = errors.New("injected")

// A fakeHost is a host in memory. Its text shows everything it holds.
type fakeHost struct {
	addrs   map[string][]Address
	links   map[string]bool // tunnel devices, whether they are up
	fixed   bool            // the module's tunnel devices cannot be removed
	sysctls map[string]string

	changes int               // so far
	refuse  func(i int) error // asked before change number i; nil: none is refused
	log     []string          // the changes that were made
}

func newFakeHost() *fakeHost {
	h := &fakeHost{
		addrs:   map[string][]Address{loopback: {address("127.0.0.1/8", "lo"), address("::1/128", "")}},
		links:   map[string]bool{},
		sysctls: map[string]string{},
	}
	for _, where := range []string{"all", "lo", "eth0"} {
		for _, name := range []string{"arp_ignore", "arp_announce", "rp_filter"} {
			h.sysctls["net/ipv4/conf/"+where+"/"+name] = "0"
		}
	}
	return h
}

func address(prefix, label string) Address {
	return Address{Prefix: netip.MustParsePrefix(prefix), Label: label}
}

// String lists what differs from zero.
func (h *fakeHost) String() string {
	var lines []string
	for device, addrs := range h.addrs {
		for _, a := range addrs {
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s", device, a.Prefix, a.Label)))
		}
	}
	for device, up := range h.links {
		lines = append(lines, fmt.Sprintf("%s up=%t", device, up))
	}
	for name, value := range h.sysctls {
		if value != "0" {
			lines = append(lines, dotted(name)+" = "+value)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}

// change says whether the next change may be made.
func (h *fakeHost) change(format string, args ...any) error {
	i := h.changes
	h.changes++
	if h.refuse != nil {
		if err := h.refuse(i); err != nil {
			return err
		}
	}
	h.log = append(h.log, fmt.Sprintf(format, args...))
	return nil
}

func (h *fakeHost) exists(device string) error {
	if _, tunnel := h.links[device]; !tunnel && device != loopback {
		return os.ErrNotExist
	}
	return nil
}

func (h *fakeHost) Addresses(device string) ([]Address, error) {
	return slices.Clone(h.addrs[device]), h.exists(device)
}

func (h *fakeHost) AddAddress(device string, a Address) error {
	if err := h.exists(device); err != nil {
		return err
	}
	if len(a.Label) > 15 || a.Prefix.Addr().Is4() != (a.Label != "") {
		return fmt.Errorf("label %q", a.Label)
	}
	for _, o := range h.addrs[device] {
		if o.Prefix == a.Prefix || a.Label != "" && o.Label == a.Label {
			return os.ErrExist
		}
	}
	if err := h.change("add %s to %s", a.Prefix, device); err != nil {
		return err
	}
	h.addrs[device] = append(h.addrs[device], a)
	return nil
}

func (h *fakeHost) RemoveAddress(device string, p netip.Prefix) error {
	i := slices.IndexFunc(h.addrs[device], func(a Address) bool { return a.Prefix == p })
	if i < 0 {
		return os.ErrNotExist
	}
	if err := h.change("remove %s from %s", p, device); err != nil {
		return err
	}
	h.addrs[device] = slices.Delete(h.addrs[device], i, i+1)
	return nil
}

func (h *fakeHost) Sysctl(name string) (string, error) {
	value, ok := h.sysctls[name]
	if !ok {
		return "", os.ErrNotExist
	}
	return value, nil
}

func (h *fakeHost) SetSysctl(name, value string) error {
	if _, err := h.Sysctl(name); err != nil {
		return err
	}
	if err := h.change("set %s to %s", dotted(name), value); err != nil {
		return err
	}
	h.sysctls[name] = value
	return nil
}

func (h *fakeHost) LinkUp(device string) (bool, error) { return h.links[device], h.exists(device) }

func (h *fakeHost) SetLinkUp(device string, up bool) error {
	if err := h.exists(device); err != nil {
		return err
	}
	if err := h.change("set %s up=%t", device, up); err != nil {
		return err
	}
	h.links[device] = up
	return nil
}

func (h *fakeHost) AddTunnel(device string) error {
	if err := h.change("create %s", device); err != nil {
		return err
	}
	h.links[device] = false
	if device == tunnel4 {
		h.sysctls["net/ipv4/conf/tunl0/rp_filter"] = "0"
	}
	return nil
}

func (h *fakeHost) RemoveTunnel(device string) error {
	if err := h.exists(device); err != nil || h.fixed {
		return err
	}
	if err := h.change("delete %s", device); err != nil {
		return err
	}
	delete(h.links, device)
	delete(h.addrs, device)
	maps.DeleteFunc(h.sysctls, func(name, _ string) bool { return strings.Contains(name, "/"+device+"/") })
	return nil
}

// newConfig returns a configuration with a state file of its own.
func newConfig(tb testing.TB, addrs ...string) Config {
	tb.Helper()
	cfg := Config{StateFile: filepath.Join(tb.TempDir(), "run", "realserver.json")}
	return cfg.with(addrs...)
}

// with returns the configuration with other addresses.
func (c Config) with(addrs ...string) Config {
	c.Addresses = nil
	for _, a := range addrs {
		c.Addresses = append(c.Addresses, netip.MustParseAddr(a))
	}
	return c
}

// tunnelled returns the configuration with tunnel.
func (c Config) tunnelled() Config {
	c.Tunnel = true
	return c
}

func wantUp(tb testing.TB, h Host, cfg Config) {
	tb.Helper()
	if err := Up(h, cfg); err != nil {
		tb.Fatalf("up: %v", err)
	}
}

func wantDown(tb testing.TB, h Host, cfg Config) {
	tb.Helper()
	if err := Down(h, cfg); err != nil {
		tb.Fatalf("down: %v", err)
	}
}

// wantNoRecord checks that nothing is left to undo, not even a file.
func wantNoRecord(tb testing.TB, cfg Config) {
	tb.Helper()
	entries, err := os.ReadDir(filepath.Dir(cfg.StateFile))
	if err != nil {
		tb.Fatal(err)
	}
	if len(entries) > 0 {
		tb.Errorf("%s is left behind", entries[0].Name())
	}
}
