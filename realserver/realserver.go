package realserver

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
)

// A Config says what to prepare the host for.
type Config struct {
	// Addresses are the virtual addresses. Without any, Down and Status mean
	// all that Up has been called for.
	Addresses []netip.Addr
	// Tunnel says that packets for Addresses arrive in IP-in-IP tunnels. Up
	// without it leaves the tunnel of an address that already has one.
	Tunnel bool
	// StateFile is where Up remembers what it changed. Its directory should
	// not outlive a reboot; it is created if missing.
	StateFile string
}

// An Address is one that a network interface has.
type Address struct {
	Prefix netip.Prefix
	Label  string // IPv4 only; at most 15 bytes
}

// A Host is the part of the operating system that is changed. Interfaces and
// sysctls that do not exist give errors that match [os.ErrNotExist].
type Host interface {
	Addresses(device string) ([]Address, error)
	// AddAddress adds an address that the device does not have.
	AddAddress(device string, a Address) error
	// RemoveAddress removes an address. One that is not there gives an error
	// that matches os.ErrNotExist.
	RemoveAddress(device string, p netip.Prefix) error

	// Sysctl returns the value of a sysctl, its name written with slashes.
	Sysctl(name string) (string, error)
	SetSysctl(name, value string) error

	// LinkUp reports whether the device is set up.
	LinkUp(device string) (bool, error)
	SetLinkUp(device string, up bool) error
	// AddTunnel creates the tunnel device tunl0 or ip6tnl0, loading the
	// kernel's module for it. It is no error if the module does so itself.
	AddTunnel(device string) error
	// RemoveTunnel removes a tunnel device, if the kernel lets it go.
	RemoveTunnel(device string) error
}

// Up prepares the host for cfg.Addresses. It adds no IPv4 address before the
// host is quiet about it. When it returns an error, some of it may be done: call
// it again to complete it, or Down to take it back.
func Up(h Host, cfg Config) error {
	vips, err := vipsOf(cfg)
	if err != nil {
		return err
	}
	if len(vips) == 0 {
		return errors.New("no virtual address given")
	}
	r, err := openRecord(cfg.StateFile, true)
	if err != nil {
		return advise(err)
	}
	defer r.close()
	n := needsOf(r.merge(vips))
	for _, step := range []func(Host, needs) error{
		r.addTunnels, r.writeSysctls, r.setTunnelsUp, r.addAddresses,
	} {
		if err := step(h, n); err != nil {
			return advise(err)
		}
	}
	return nil
}

// Down undoes what Up did for cfg.Addresses or, without any, all that it did.
// Of what several addresses need, nothing is undone before the last of them. An
// address that Up was not called for is no error. What cannot be undone is
// remembered, and undone when Down is called again.
func Down(h Host, cfg Config) error {
	leaving, err := vipsOf(cfg)
	if err != nil {
		return err
	}
	r, err := openRecord(cfg.StateFile, false)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return advise(err)
	}
	defer r.close()
	if len(leaving) == 0 {
		leaving = r.VIPs
	}
	errs := []error{r.removeAddresses(h, leaving)}
	n := needsOf(r.VIPs)
	errs = append(errs, r.restoreSysctls(h, n), r.restoreTunnels(h, n), r.save())
	return advise(errors.Join(errs...))
}

// vipsOf returns the addresses of cfg, each once.
func vipsOf(cfg Config) ([]vip, error) {
	var vips []vip
	var errs []error
	for _, a := range cfg.Addresses {
		a = a.Unmap()
		switch {
		case !a.IsValid() || a.Zone() != "" || a.IsUnspecified() || a.IsLoopback() || a.IsMulticast():
			errs = append(errs, fmt.Errorf("%v cannot be a virtual address", a))
		case !slices.ContainsFunc(vips, func(v vip) bool { return v.Addr == a }):
			vips = append(vips, vip{Addr: a, Tunnel: cfg.Tunnel})
		}
	}
	return vips, errors.Join(errs...)
}

// advise adds to an error what to do about it, where that is known.
func advise(err error) error {
	switch {
	case errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w (read-only here, as in most containers: do this on the host, or in a privileged container)", err)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("%w (run this as root, or with CAP_NET_ADMIN)", err)
	}
	return err
}

// dotted is the name of a sysctl as sysctl(8) writes it.
func dotted(name string) string { return strings.ReplaceAll(name, "/", ".") }
