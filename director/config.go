package director

import (
	"context"
	"net/netip"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
)

// DefaultResync is how often the table is re-read when Config.Resync is zero.
const DefaultResync = 30 * time.Second

// A Config is everything a Director is to do. It must not change after New.
type Config struct {
	// VirtualServers have distinct keys. Their order is that of Status.
	VirtualServers []VirtualServer
	// Resync is the time between two readings of the kernel's table, which
	// repair what other programs changed; zero means DefaultResync.
	Resync time.Duration
	// OnExit says what Run leaves behind when its context is done.
	OnExit OnExit
}

// OnExit is what happens to the director's services when it stops.
type OnExit uint8

const (
	// RemoveOnExit deletes the configured services, as keepalived does.
	RemoveOnExit OnExit = iota
	// KeepOnExit leaves them in service for the next run to adopt
	// (keepalived -I).
	KeepOnExit
)

// A VirtualServer is one IPVS service (virtual_server).
type VirtualServer struct {
	Name      string // for people; the key is shown instead if it is empty
	Key       ipvs.Key
	Scheduler string // lb_algo
	// Flags of the service; under mh the director adds ipvs.MHFallback.
	Flags              ipvs.Flags
	PersistenceTimeout time.Duration // whole seconds; zero: none
	// Quorum is the sum of the weights of live real servers that the service
	// needs; less than 1 means 1.
	Quorum int
	// Alpha makes a real server without any probe result wait for its first
	// good one. Without it such a server is in service.
	Alpha bool
	// SorryServer replaces the real servers, with weight 1, while the quorum
	// is not reached; nil: none.
	SorryServer *ipvs.Destination
	// RealServers have distinct addresses. Their order is that of Status.
	RealServers []RealServer
}

// A RealServer is one destination of a virtual server (real_server).
type RealServer struct {
	Destination ipvs.Destination // with the configured weight; no IPv4-mapped address
	// InhibitOnFailure gives the server weight 0 while it is out of service,
	// where it would be deleted otherwise.
	InhibitOnFailure bool
	// Checks must all pass. A server without any is always up.
	Checks []healthcheck.Check
}

// A Table is the kernel's IPVS table; *ipvs.Client is one. The director calls
// it from one goroutine.
type Table interface {
	// Services returns the whole table.
	Services(ctx context.Context) ([]ipvs.Service, error)
	// Apply makes the changes in order. It goes on after one that fails.
	Apply(ctx context.Context, changes []ipvs.Change) error
	// Counters returns the connection counts of every destination.
	Counters(ctx context.Context) (map[ipvs.Key]map[netip.AddrPort]ipvs.Counters, error)
}

// A Checker probes; *healthcheck.Engine is one. Its results come back through
// Director.Report.
type Checker interface {
	// Set replaces the whole set of checks. It does not block.
	Set(checks []healthcheck.Check)
}

// A Ledger remembers over crashes which services are the director's, so that
// those which have left the configuration meanwhile are still removed.
type Ledger interface {
	// Load returns the keys last saved, none if there never were any.
	Load() ([]ipvs.Key, error)
	// Save replaces them.
	Save(keys []ipvs.Key) error
}

// name is what people call the virtual server.
func (v *VirtualServer) name() string {
	if v.Name != "" {
		return v.Name
	}
	return v.Key.String()
}

// checks returns what the configuration asks, each question once.
func (c *Config) checks() []healthcheck.Check {
	var checks []healthcheck.Check
	seen := make(map[healthcheck.Check]bool)
	for _, v := range c.VirtualServers {
		for _, r := range v.RealServers {
			for _, check := range r.Checks {
				if !seen[check] {
					seen[check] = true
					checks = append(checks, check)
				}
			}
		}
	}
	return checks
}
