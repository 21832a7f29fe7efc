package config

import (
	"time"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/internal/netif"
	"github.com/ldirector/ldirector/internal/track"
	"github.com/ldirector/ldirector/vrrp"
)

// VRRP is everything about virtual routers.
type VRRP struct {
	Instances []VRRPInstance
	Groups    []VRRPGroup

	// Scripts, Processes and Checks are what instances track; those that none
	// tracks are left out.
	Scripts   []TrackScript
	Processes []track.Process
	Checks    []TrackCheck

	// StartupDelay counts from the start of the program, DelayAfterBoot from
	// that of the host; the later one is when virtual routers begin
	// (keepalived: vrrp_startup_delay, vrrp_delay_after_boot).
	StartupDelay, DelayAfterBoot time.Duration

	// Guardian runs VRRP in a process of its own, which outlives a crash of the
	// program for as long as it takes to hand the addresses over.
	Guardian bool

	Static netif.StaticSet
	// TrackGroups are the names of the instances of each track_group.
	TrackGroups map[string][]string

	FIFO FIFO
}

// A VRRPInstance is one block vrrp_instance.
type VRRPInstance struct {
	vrrp.Config
	Master netif.Master // what its host has
	Notify Notify
	// NotifyPriority sends changes of priority to the FIFO (keepalived:
	// notify_priority_changes).
	NotifyPriority bool
}

// A VRRPGroup is one block vrrp_sync_group. Trackers of the group are among
// those of its members already.
type VRRPGroup struct {
	vrrp.GroupConfig
	Notify         Notify
	NotifyPriority bool
}

// Notify holds the commands to run when an instance or group changes its state,
// each as program and arguments; nil means none.
type Notify struct {
	Master, Backup, Fault, Stop []string
	Deleted                     []string // removed by a reload, in place of Stop
	HeardLower                  []string // keepalived's notify_master_rx_lower_pri
	Conflict                    []string // split brain found or over; has the arguments INSTANCE, name, CONFLICT or CLEAR, and what it is
	Any                         []string // keepalived's notify: after each of the others
}

// A FIFO gets a line for each notice, in keepalived's format. "" for none.
type FIFO struct {
	Path                  string   // notify_fifo: VRRP and real servers
	VRRP                  string   // vrrp_notify_fifo
	LVS                   string   // lvs_notify_fifo
	Script                []string // notify_fifo_script: runs with the path as its last argument; nil: none
	VRRPScript, LVSScript []string
}

// A TrackScript is one block vrrp_script: a check that runs a program.
type TrackScript struct {
	Name     string
	Check    healthcheck.Check
	InitFail bool // failed until it has succeeded (keepalived: init_fail)
}

// A TrackCheck is one block track_check: any probe of any target.
type TrackCheck struct {
	Name   string
	Checks []healthcheck.Check // all have to be good
}
