package ipvs

import (
	"fmt"
	"net/netip"
)

// A Change is one step that the kernel does as a whole.
//
//sumtype:decl
type Change interface {
	fmt.Stringer // for logs and plans: "add real server 192.0.2.10:80 DR 1 to TCP 192.0.2.1:80"
	change()
}

type (
	// AddService creates a virtual server without real servers; the
	// Destinations of Service are ignored.
	AddService struct{ Service Service }
	// UpdateService gives an existing virtual server new settings.
	UpdateService struct{ Service Service }
	// DeleteService removes a virtual server with all its real servers.
	DeleteService struct{ Key Key }

	// AddDestination gives an existing virtual server a new real server.
	AddDestination struct {
		Key         Key
		Destination Destination
	}
	// UpdateDestination gives a real server of a virtual server new settings.
	// Its connections stay.
	UpdateDestination struct {
		Key         Key
		Destination Destination
	}
	// DeleteDestination removes a real server from a virtual server. Its
	// connections stay until they end or the sysctl expire_nodest_conn ends them.
	DeleteDestination struct {
		Key  Key
		Addr netip.AddrPort
	}
)

func (AddService) change()        {}
func (UpdateService) change()     {}
func (DeleteService) change()     {}
func (AddDestination) change()    {}
func (UpdateDestination) change() {}
func (DeleteDestination) change() {}

func (c AddService) String() string    { return fmt.Sprintf("add virtual server %s", c.Service) }
func (c UpdateService) String() string { return fmt.Sprintf("change virtual server %s", c.Service) }
func (c DeleteService) String() string { return fmt.Sprintf("delete virtual server %s", c.Key) }
func (c AddDestination) String() string {
	return fmt.Sprintf("add real server %s to %s", c.Destination, c.Key)
}
func (c UpdateDestination) String() string {
	return fmt.Sprintf("change real server %s of %s", c.Destination, c.Key)
}
func (c DeleteDestination) String() string {
	return fmt.Sprintf("delete real server %s from %s", c.Addr, c.Key)
}

// target is the object that a change touches.
type target struct {
	key  Key
	addr netip.AddrPort // zero: the virtual server itself
}

func targetOf(c Change) target {
	switch c := c.(type) {
	case AddService:
		return target{key: c.Service.Key.Canonical()}
	case UpdateService:
		return target{key: c.Service.Key.Canonical()}
	case DeleteService:
		return target{key: c.Key.Canonical()}
	case AddDestination:
		return target{c.Key.Canonical(), canonicalAddr(c.Destination.Addr)}
	case UpdateDestination:
		return target{c.Key.Canonical(), canonicalAddr(c.Destination.Addr)}
	case DeleteDestination:
		return target{c.Key.Canonical(), canonicalAddr(c.Addr)}
	default:
		panic(fmt.Sprintf("ipvs: unknown change %T", c))
	}
}
