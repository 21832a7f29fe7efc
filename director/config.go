package director

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
)

// DefaultResync is how often the table is re-read when Config.Resync is zero.
const DefaultResync = 30 * time.Second

// A Config is everything a Director is to do. It must not change after New or
// Update.
type Config struct {
	// VirtualServers have distinct keys and names. Their order is that of
	// Status. Hidden ones count as the last.
	VirtualServers []VirtualServer
	// Resync is the time between two readings of the kernel's table, which
	// repair what other programs changed; zero means DefaultResync.
	Resync time.Duration
	// Exclusive makes every service of the kernel ours: those that are not
	// configured are removed.
	Exclusive bool
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

// A VirtualServer is one IPVS service, or several that share their real servers
// (virtual_server).
type VirtualServer struct {
	Name string // for people; the key is shown instead if it is empty
	// Keys name the IPVS services that share real servers, probes and quorum;
	// there is at least one.
	Keys      []ipvs.Key
	Scheduler string // lb_algo
	// Flags of the service; under mh the director adds ipvs.MHFallback.
	Flags              ipvs.Flags
	PersistenceTimeout time.Duration // whole seconds; zero: none
	PrefixLen          uint8         // persistence_granularity, see ipvs.Service
	PersistenceEngine  string        // persistence_engine, "" or "sip"
	// Quorum is the sum of the weights of live real servers, as their probes want
	// them, that the service needs; less than 1 means 1.
	Quorum int
	// Hysteresis keeps the quorum from flapping (keepalived: hysteresis): it is
	// gained at Quorum+Hysteresis and lost below Quorum-Hysteresis. It counts
	// as Quorum-1 if it is more, so that the quorum is lost when nothing lives.
	Hysteresis int
	// SorryServer replaces the real servers, with weight 1, while the quorum
	// is not reached; nil: none.
	// Its port 0 stands for the port of each service.
	SorryServer *ipvs.Destination
	// SorryServerInhibit keeps the sorry server in the table, with weight 0,
	// while it is not needed.
	SorryServerInhibit bool
	// Omega reports every real server as down and the quorum as lost when Run
	// ends and the services are removed (keepalived: omega).
	Omega bool
	// HASuspend stops the probes while none of the service's addresses is on
	// this host (keepalived: ha_suspend), see Director.SetAddresses. It means
	// nothing to a service of a firewall mark.
	HASuspend bool
	// Hidden is for a service that is only the director's means, see Paths. It is
	// in the kernel's table, in the Ledger and in a Plan as others are, but not in
	// Status, and there are no events of it.
	Hidden bool
	// QuorumUp and QuorumDown are the commands of the events QuorumGained and
	// QuorumLost; nil: none.
	QuorumUp, QuorumDown []string
	// RealServers have distinct addresses. Their order is that of Status.
	RealServers []RealServer
}

// A RealServer is one destination of a virtual server (real_server).
type RealServer struct {
	// Destination has the configured weight and no IPv4-mapped address. Port 0
	// stands for the port of each service. Probes may change the weight, see
	// healthcheck.Weight.
	Destination ipvs.Destination
	// InhibitOnFailure gives the server weight 0 while it is out of service,
	// where it would be deleted otherwise.
	InhibitOnFailure bool
	// SlowStart is the time over which the weight of a server that recovered
	// rises in steps to what it is to be; zero: at once.
	SlowStart time.Duration
	// NotifyUp and NotifyDown are the commands of the events ServerUp and
	// ServerDown; nil: none.
	NotifyUp, NotifyDown []string
	// Checks must all pass, or with Any one of them. A server without any is
	// always up.
	Checks []healthcheck.Check
	Any    bool
	// Alpha makes the server wait for a first verdict of its checks. Without it
	// the server is in service until there is one.
	Alpha bool
}

// A Table is the kernel's IPVS table; *ipvs.Client is one. The director calls
// it from one goroutine.
type Table interface {
	// Services returns the whole table.
	Services(ctx context.Context) ([]ipvs.Service, error)
	// Apply makes the changes in order. It goes on after one that fails.
	Apply(ctx context.Context, changes []ipvs.Change) error
	// Counters returns what the kernel counts.
	Counters(ctx context.Context) (map[ipvs.Key]ipvs.ServiceCounters, error)
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
	return v.Keys[0].String()
}

// normal returns c in the form that the rest of the package works with. The
// caller's configuration is not touched.
func (c Config) normal() Config {
	if c.Resync <= 0 {
		c.Resync = DefaultResync
	}
	c.VirtualServers = slices.Clone(c.VirtualServers)
	for i := range c.VirtualServers {
		keys := slices.Clone(c.VirtualServers[i].Keys)
		for j := range keys {
			keys[j] = keys[j].Canonical()
		}
		c.VirtualServers[i].Keys = keys
	}
	slices.SortStableFunc(c.VirtualServers, func(a, b VirtualServer) int {
		switch {
		case a.Hidden == b.Hidden:
			return 0
		case a.Hidden:
			return 1
		default:
			return -1
		}
	})
	return c
}

// behind returns a configured address as it is in the service with the key:
// port 0 stands for the service's.
func behind(key ipvs.Key, addr netip.AddrPort) netip.AddrPort {
	if addr.Port() == 0 {
		return netip.AddrPortFrom(addr.Addr(), key.Port)
	}
	return addr
}
