package api

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// A NotFoundError says that there is nothing of a name, and what was perhaps
// meant.
type NotFoundError struct{ Text string }

func (e *NotFoundError) Error() string { return e.Text }

// NotFound returns the error for a name of which there is nothing. what is said
// before the name; known are the names that there are.
func NotFound(what, name string, known []string) *NotFoundError {
	text := fmt.Sprintf("there is no %s %q.", what, name)
	switch near := Nearest(name, known); {
	case near != "":
		text += fmt.Sprintf(" Did you mean %q?", near)
	case len(known) == 0:
		text += " There is none at all."
	case len(known) > maxKnown:
		text += fmt.Sprintf(" Known are %s and %d more.", quoted(known[:maxKnown]), len(known)-maxKnown)
	default:
		text += fmt.Sprintf(" Known: %s.", quoted(known))
	}
	return &NotFoundError{text}
}

// maxKnown is how many names one message lists.
const maxKnown = 8

// Nearest returns the known name that was probably meant, "" if none is near.
func Nearest(given string, known []string) string {
	best, distance := "", 3 // as for words of the configuration
	for _, name := range known {
		if d := levenshtein.Distance(given, name, nil); d < distance && d < len(name) {
			best, distance = name, d
		}
	}
	return best
}

func quoted(names []string) string {
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", name)
	}
	return b.String()
}

// virtualServer finds a virtual server by its name, or by one of its addresses
// if no other has that.
func (s Status) virtualServer(name string) (*VirtualServer, error) {
	var names []string
	var at []*VirtualServer
	for i := range s.VirtualServers {
		v := &s.VirtualServers[i]
		if v.Name == name {
			return v, nil
		}
		names = append(names, v.Name)
		if slices.ContainsFunc(v.Services, func(service string) bool {
			_, address, _ := strings.Cut(service, " ")
			return service == name || address == name
		}) {
			at = append(at, v)
		}
	}
	if len(at) == 1 {
		return at[0], nil
	}
	return nil, NotFound("virtual_server", name, names)
}

// realServer finds a real server by its address. The port may be left out if
// there is one server at the address.
func (v *VirtualServer) realServer(address string) (*RealServer, error) {
	var known []string
	var at []*RealServer
	for i := range v.RealServers {
		r := &v.RealServers[i]
		if r.Address == address {
			return r, nil
		}
		known = append(known, r.Address)
		if SameHost(r.Address, address) {
			at = append(at, r)
		}
	}
	if len(at) == 1 {
		return at[0], nil
	}
	return nil, NotFound("real_server of "+v.Name, address, known)
}

// SameHost reports whether a configured address and a written one are the same
// but for the port, which is left out, or for the way of writing.
func SameHost(configured, written string) bool {
	a, aErr := netip.ParseAddrPort(configured)
	if b, err := netip.ParseAddrPort(written); err == nil {
		return aErr == nil && a == b
	}
	b, err := netip.ParseAddr(strings.Trim(written, "[]"))
	return err == nil && aErr == nil && a.Addr() == b
}

// instance finds a VRRP instance.
func (s Status) instance(name string) (*VRRPInstance, error) {
	var names []string
	for i := range s.VRRPInstances {
		if s.VRRPInstances[i].Name == name {
			return &s.VRRPInstances[i], nil
		}
		names = append(names, s.VRRPInstances[i].Name)
	}
	return nil, NotFound("vrrp_instance", name, names)
}

// A Place is where a real server is: several virtual servers may have the same.
type Place struct{ VirtualServer, RealServer string }

func (p Place) String() string { return p.RealServer + " of " + p.VirtualServer }

// Everywhere finds all places of a real server's address, which may be without
// its port. An error is a *[NotFoundError].
func (s Status) Everywhere(address string) ([]Place, error) {
	var places []Place
	known := make(map[string]bool)
	for _, v := range s.VirtualServers {
		for _, r := range v.RealServers {
			if r.Address == address || SameHost(r.Address, address) {
				places = append(places, Place{v.Name, r.Address})
			}
			known[r.Address] = true
			if a, err := netip.ParseAddrPort(r.Address); err == nil {
				known[a.Addr().String()] = true
			}
		}
	}
	if len(places) > 0 {
		return places, nil
	}
	if _, err := s.virtualServer(address); err == nil {
		return nil, &NotFoundError{fmt.Sprintf("%q is a virtual server: name one of its real servers as well, or nothing but the address of a real server.", address)}
	}
	return nil, NotFound("real_server", address, slices.Sorted(maps.Keys(known)))
}

// At finds a real server.
func (s Status) At(p Place) (*RealServer, error) {
	v, err := s.virtualServer(p.VirtualServer)
	if err != nil {
		return nil, err
	}
	return v.realServer(p.RealServer)
}
