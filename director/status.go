package director

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
)

// A Status is what the director knew at one moment. It is never changed, so it
// may be kept and shared; the caller must not change it either.
type Status struct {
	// VirtualServers in the configuration's order.
	VirtualServers []VirtualServerStatus
	// Synced is when the whole table was last found or made right; zero: never.
	Synced time.Time
	// Error of the kernel since then; empty if it is in step.
	Error string
	// LedgerError says why services of this run might not be cleaned up after
	// a crash; empty if they will be.
	LedgerError string
	// Drift counts how often another program was found to have changed our
	// services.
	Drift uint64
}

// A VirtualServerStatus is the state of one service.
type VirtualServerStatus struct {
	Name        string
	Keys        []ipvs.Key
	Scheduler   string
	Quorum      int
	QuorumUp    bool
	SorryActive bool
	RealServers []RealServerStatus // in the configuration's order
}

// A RealServerStatus is the state of one real server of one service.
type RealServerStatus struct {
	Addr             netip.AddrPort
	Forward          ipvs.Forward
	State            string // "up", "down" or "unknown"
	Weight           uint32 // in the kernel; 0 also if it is not there
	ConfiguredWeight uint32
	Reason           string    // why down, or what keeps it unknown: the check and what it says
	Since            time.Time // of State; zero: since the start
	// LastProbe is the end of the probe that was reported last. Probes that
	// change nothing are not reported.
	LastProbe time.Time
	// Active and Inactive connections, see Director.Counters.
	Active, Inactive uint32
}

// with returns the status with connection counts.
func (s Status) with(counters map[ipvs.Key]map[netip.AddrPort]ipvs.Counters) Status {
	s.VirtualServers = slices.Clone(s.VirtualServers)
	for i := range s.VirtualServers {
		v := &s.VirtualServers[i]
		v.RealServers = slices.Clone(v.RealServers)
		for j := range v.RealServers {
			c := counters[v.Keys[0]][v.RealServers[j].Addr]
			v.RealServers[j].Active, v.RealServers[j].Inactive = c.Active, c.Inactive
		}
	}
	return s
}

// maxListed is how many changes or errors one line of log or status names.
const maxListed = 5

// summary is the text of err in one line, with the first few of joined errors.
func summary(err error) string {
	if err == nil {
		return ""
	}
	return list(strings.Split(err.Error(), "\n")) // errors.Join puts one on each line
}

// list puts the first few items into one line.
func list[T any](items []T) string {
	var b strings.Builder
	for i, item := range items {
		if i == maxListed {
			fmt.Fprintf(&b, "; and %d more", len(items)-i)
			break
		}
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprint(&b, item)
	}
	return b.String()
}
