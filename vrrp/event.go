package vrrp

import "net/netip"

// An Event is something that happened to a virtual router.
//
//sumtype:decl
type Event interface{ event() }

type (
	// Startup begins the protocol; a machine ignores all but LinkChanged and SourceChanged before it.
	Startup struct{}

	// Shutdown ends the protocol. The machine is done when its state is Initialize again.
	Shutdown struct{}

	// Timer says that Machine.Deadline has passed. An early one is harmless.
	Timer struct{}

	// Received is an advertisement for this virtual router that passed every check.
	Received struct {
		Source        netip.Addr // primary address of the sender
		Advertisement Advertisement
	}

	// LinkChanged reports the state of a link. Links of which nothing was reported count as up.
	LinkChanged struct {
		Name string
		Up   bool
	}

	// SourceChanged reports the address that advertisements are sent from, the primary one of the interface.
	// Without a valid one the router is in Fault.
	SourceChanged struct{ Source netip.Addr }
)

func (Startup) event()       {}
func (Shutdown) event()      {}
func (Timer) event()         {}
func (Received) event()      {}
func (LinkChanged) event()   {}
func (SourceChanged) event() {}

// An Action is something the machine wants done. Actions are done in the order they are returned in.
//
//sumtype:decl
type Action interface{ action() }

type (
	// Advertise sends an advertisement. Priority 0 tells that this router leaves.
	Advertise struct{ Priority uint8 }

	// AddAddresses puts the virtual addresses on their interfaces. Those that are there already stay.
	AddAddresses struct{}

	// RemoveAddresses takes the virtual addresses off their interfaces. Missing ones are fine.
	RemoveAddresses struct{}

	// Announce sends gratuitous ARP for every virtual address, Rounds times.
	Announce struct{ Rounds int }

	// Notify tells of a change of state.
	Notify struct{ Transition Transition }
)

func (Advertise) action()       {}
func (AddAddresses) action()    {}
func (RemoveAddresses) action() {}
func (Announce) action()        {}
func (Notify) action()          {}
