package api

import (
	"net/netip"
	"time"
)

// Status is the state of a running director. Its JSON form is stable: fields
// may be added, none is renamed or removed within /api/v1.
type Status struct {
	RouterID       string          `json:"router_id"`
	Version        string          `json:"version"`
	Configuration  Configuration   `json:"configuration"`
	Table          Table           `json:"table"`
	SyncDaemon     SyncDaemon      `json:"sync_daemon"`
	VirtualServers []VirtualServer `json:"virtual_servers"`
	VRRPInstances  []VRRPInstance  `json:"vrrp_instances"`
	VRRPGroups     []VRRPGroup     `json:"vrrp_sync_groups"`
	ForeignRouters []ForeignRouter `json:"foreign_routers"`
	Sinks          []Sink          `json:"sinks"`
	HTTPError      string          `json:"http_error"` // why the block http does not act, "" if it does
	VRRPError      string          `json:"vrrp_error"` // why nothing is known of virtual routers, "" if it is
}

// Configuration says which configuration is at work.
type Configuration struct {
	Path   string     `json:"path"`
	Loaded *time.Time `json:"loaded"` // when it was read
	Error  string     `json:"error"`  // why a later reload was refused, "" if none was
	Hash   string     `json:"hash"`   // SHA-256 of its files, as validate --hash prints it
}

// SyncDaemon says which of the kernel's daemons share connections.
type SyncDaemon struct {
	Roles []string `json:"roles"` // "master", "backup"
	Error string   `json:"error"`
}

// Table says how the kernel's IPVS table relates to the configuration.
type Table struct {
	Synced         *time.Time `json:"synced"`          // last time the two were seen to agree, null before that
	Error          string     `json:"error"`           // the kernel's error since then, "" when in step
	Settings       string     `json:"settings"`        // why timeouts, sysctls or firewall marks are not as configured, "" if they are
	CountersError  string     `json:"counters_error"`  // why connections, rates and totals are not known, "" if they are
	LedgerError    string     `json:"ledger_error"`    // why services might stay behind after a crash, "" if they will not
	OverridesError string     `json:"overrides_error"` // why operators' commands might be forgotten at a restart, "" if they will not
	Repairs        uint64     `json:"repairs"`         // how often others were found to have changed our services
}

// Sink is somebody who hears of events: mail, a webhook, a command, a FIFO, or
// all notify scripts together.
type Sink struct {
	Kind         string     `json:"kind"`          // email, webhook, command, fifo or notify
	Name         string     `json:"name"`          // of the block, path of a FIFO, "" for email and notify
	Delivered    uint64     `json:"delivered"`     // events that it has heard of
	Dropped      uint64     `json:"dropped"`       // events that it will never hear of
	Waiting      int        `json:"waiting"`       // events that it has not heard of yet
	FailingSince *time.Time `json:"failing_since"` // null: the last attempt was good
	Error        string     `json:"error"`         // why the last attempt was not, "" if it was
}

// VirtualServer is one virtual server as the kernel serves it.
type VirtualServer struct {
	Name        string       `json:"name"`
	Address     string       `json:"address"`
	Protocol    string       `json:"protocol"`
	Services    []string     `json:"services"` // every IPVS service of it: "TCP 192.0.2.1:80"
	Scheduler   string       `json:"scheduler"`
	Quorum      int          `json:"quorum"`       // weight that live real servers need in all
	Hysteresis  int          `json:"hysteresis"`   // distance from the quorum at which it is gained or lost
	LiveWeight  int          `json:"live_weight"`  // weight that live real servers have in all
	QuorumUp    bool         `json:"quorum_up"`    // they have the quorum
	SorryActive bool         `json:"sorry_active"` // the sorry server stands in
	Suspended   bool         `json:"suspended"`    // no probes: the address is not on this host (ha_suspend)
	Contested   bool         `json:"contested"`    // another program changes it again and again
	Repairs     uint64       `json:"repairs"`      // how often others were found to have changed it
	Changed     *time.Time   `json:"changed"`      // last change of its state
	Error       string       `json:"error"`        // what of it the kernel refuses, "" if nothing
	Rates       *Traffic     `json:"rates"`        // each second of late, null where not known
	Totals      *Traffic     `json:"totals"`       // since it is in the kernel's table, null where not known
	RealServers []RealServer `json:"real_servers"`
}

// RealServer is one real server of a virtual server.
type RealServer struct {
	Address          string     `json:"address"`
	Method           string     `json:"method"` // lb_kind: NAT, DR or TUN
	State            string     `json:"state"`  // up, down, unknown, drained or disabled
	Health           string     `json:"health"` // what its probes say: up, down or unknown
	Weight           uint32     `json:"weight"` // in the kernel; 0 when not in the table
	ConfiguredWeight uint32     `json:"configured_weight"`
	EffectiveWeight  uint32     `json:"effective_weight"` // what its probes make of that; a slow start or a sorry server may keep it from it
	Reason           string     `json:"reason"`           // why it is not up
	Override         *Override  `json:"override"`         // what an operator has commanded, null for nothing
	Warning          string     `json:"warning"`          // what its probes say although it is up, "" for nothing
	Since            *time.Time `json:"since"`            // last change of state
	LastProbe        *time.Time `json:"last_probe"`       // end of the last probe
	Active           uint32     `json:"active"`           // established connections
	Inactive         uint32     `json:"inactive"`         // connections in any other state
	Rates            *Traffic   `json:"rates"`            // each second of late, null where not known or not in the kernel's table
	Totals           *Traffic   `json:"totals"`           // since it is in the kernel's table, else null
}

// Traffic is what the kernel counts: in comes from clients, out goes to them. With
// DR and TUN the kernel does not see what goes out.
type Traffic struct {
	Connections uint64 `json:"connections"` // new ones
	PacketsIn   uint64 `json:"packets_in"`
	PacketsOut  uint64 `json:"packets_out"`
	BytesIn     uint64 `json:"bytes_in"`
	BytesOut    uint64 `json:"bytes_out"`
}

// Override is what an operator has commanded for a real server, in place of what
// the configuration says.
type Override struct {
	Command string     `json:"command"` // drain, disable or weight
	Weight  *uint32    `json:"weight"`  // of the command weight, else null
	Since   *time.Time `json:"since"`
	Until   *time.Time `json:"until"` // when a drain ends with the connections that are left, null: never
	Over    bool       `json:"over"`  // a drain has ended: the server is out of the table
}

// VRRPInstance is one virtual router.
type VRRPInstance struct {
	Name      string       `json:"name"`
	State     string       `json:"state"`     // MASTER, BACKUP, FAULT or INIT
	Interface string       `json:"interface"` // where it advertises
	VRID      uint8        `json:"virtual_router_id"`
	Version   int          `json:"version"`
	Priority  uint8        `json:"priority"` // effective
	Source    string       `json:"source"`   // address it advertises from, "" when there is none
	Master    string       `json:"master"`   // address of the current master, "" when unknown
	Since     *time.Time   `json:"since"`
	Addresses []netip.Addr `json:"addresses"`

	Faults           []string `json:"faults"`            // why it is in FAULT
	Waiting          string   `json:"waiting"`           // the tracker that it waits for in INIT, "" for none
	Conflicts        []string `json:"conflicts"`         // signs that the members do not agree on who is master
	HandingOver      bool     `json:"handing_over"`      // not master any more; the addresses stay until another one has them
	Released         bool     `json:"released"`          // does not preempt, since a command or the loss of an address
	PriorityOverride uint8    `json:"priority_override"` // set by a command in place of the configured one, 0: none

	Counters VRRPCounters `json:"counters"`
}

// VRRPCounters count since the instance was started.
type VRRPCounters struct {
	AdvertsSent          uint64            `json:"adverts_sent"`
	AdvertsReceived      uint64            `json:"adverts_received"` // that passed every check
	PriorityZeroSent     uint64            `json:"priority_zero_sent"`
	PriorityZeroReceived uint64            `json:"priority_zero_received"`
	BecameMaster         uint64            `json:"became_master"`
	SendErrors           uint64            `json:"send_errors"`
	HostErrors           uint64            `json:"host_errors"`       // addresses or announcements that could not be done
	ChecksumMessage      uint64            `json:"checksum_message"`  // accepted, without pseudo-header in the checksum
	AddressMismatch      uint64            `json:"address_mismatch"`  // accepted, with another list of addresses
	IntervalMismatch     uint64            `json:"interval_mismatch"` // accepted, with another interval
	Refused              map[string]uint64 `json:"refused"`           // by reason
}

// VRRPGroup is one group of virtual routers that change together.
type VRRPGroup struct {
	Name    string   `json:"name"`
	State   string   `json:"state"` // the last one that all members had
	Members []string `json:"members"`
}

// ForeignRouter is a virtual router on one of our networks that this director is no member of.
type ForeignRouter struct {
	Interface string     `json:"interface"`
	VRID      uint8      `json:"virtual_router_id"`
	Source    netip.Addr `json:"source"` // of its last advertisement
	Last      *time.Time `json:"last"`
}
