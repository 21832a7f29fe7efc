package vrrp

import (
	"net/netip"
	"time"
)

// An Event is something that happened to a virtual router. Each state has its own ones that matter.
type Event interface{ event() }

type (
	// Startup begins the protocol; before it a machine only observes its links, its source address and its trackers.
	// With NotBefore the machine waits until then (keepalived: vrrp_startup_delay).
	//
	// Resume is for a router that was master until a moment ago, under another process: it goes on being master.
	Startup struct {
		NotBefore time.Time
		Resume    bool
	}

	// Shutdown ends the protocol. A master says that it leaves, and keeps the addresses until another one has them or
	// has had the time to. The machine is at its end when Done says so.
	Shutdown struct{}

	// Abandon is Shutdown without a limit of time: the addresses stay until another master has them.
	Abandon struct{}

	// Timer says that Machine.Deadline has passed. An early one is harmless.
	Timer struct{}

	// Received is an advertisement for this virtual router that passed every check.
	Received struct {
		Source        netip.Addr // primary address of the sender
		Advertisement *Advertisement
		OtherList     bool // it has other addresses than this router
	}

	// Refused is one that did not, for a reason that keeps the two routers from hearing each other.
	Refused struct {
		Source netip.Addr
		Reason Refusal
	}

	// LinkChanged reports the state of the router's own interface, which counts as up before.
	LinkChanged struct{ Up bool }

	// SourceChanged reports the address that advertisements are sent from. Without a valid one the router is in Fault.
	SourceChanged struct{ Source netip.Addr }

	// Tracked reports the state of a tracker, which may be another router's.
	Tracked struct{ Track Track }

	// AddressLost reports that somebody removed a virtual address from this host.
	AddressLost struct{ Address netip.Addr }

	// Claimed reports that another host says, unasked or as an answer, that it has a virtual address.
	Claimed struct{ Claim Claim }

	// Release asks a router to hand over, and not to preempt the one that takes over (command).
	Release struct{}

	// Preempt takes a Release back (command).
	Preempt struct{}

	// SetPriority sets the priority in place of the configured one; 0 takes it back (command).
	SetPriority struct{ Priority uint8 }

	// GroupFault tells whether another member of the group is in Fault.
	GroupFault struct{ Fault bool }

	// Promote makes a member master whose group has agreed on it.
	Promote struct{}

	// Demote makes a master backup because another member of its group has become one.
	Demote struct{}
)

func (Startup) event()       {}
func (Shutdown) event()      {}
func (Abandon) event()       {}
func (Timer) event()         {}
func (Received) event()      {}
func (Refused) event()       {}
func (LinkChanged) event()   {}
func (SourceChanged) event() {}
func (Tracked) event()       {}
func (AddressLost) event()   {}
func (Claimed) event()       {}
func (Release) event()       {}
func (Preempt) event()       {}
func (SetPriority) event()   {}
func (GroupFault) event()    {}
func (Promote) event()       {}
func (Demote) event()        {}

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

	// Probe asks the network who else has the virtual addresses.
	Probe struct{}

	// Notify tells the news.
	Notify struct{ Notice Notice }
)

func (Advertise) action()       {}
func (AddAddresses) action()    {}
func (RemoveAddresses) action() {}
func (Announce) action()        {}
func (Probe) action()           {}
func (Notify) action()          {}
