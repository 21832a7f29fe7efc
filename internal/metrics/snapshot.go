package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/vrrp"
)

const (
	// maxAge is for how long a snapshot serves scrapes.
	maxAge = time.Second

	// readTimeout bounds the wait for a kernel, or for a VRRP process, that does
	// not answer.
	readTimeout = 5 * time.Second
)

// A Snapshot is everything that the metrics tell of.
type Snapshot struct {
	Version string // of the program
	Limits  Limits

	Loaded  time.Time // when the configuration in force was read
	Refused bool      // a later one was

	Table   *Table // nil: the daemon has nothing to do with IPVS
	Probes  []Probes
	VRRP    vrrp.Report
	VRRPErr error // why nothing is known of virtual routers

	Sinks []Sink

	took time.Duration // to read it
}

// A Sink is somebody who is to hear of events.
type Sink struct {
	Name               string // "email", "webhook chat", "notify_fifo" …
	Delivered, Dropped uint64 // events
	Waiting            int
	Failing            bool // the last attempt was not good
}

// Limits bound what is told of virtual servers and real servers.
type Limits struct {
	RealServers bool // there are series for each
	MaxSeries   int
}

// A Table is what is known of the kernel's table.
type Table struct {
	director.Status
	// CountersErr says why the Status is without what the kernel counts.
	CountersErr error
	// Settings says why timeouts, sysctls or firewall marks are not as
	// configured; "" if they are.
	Settings string
}

// Probes are what one engine counts.
type Probes struct {
	Purpose string // what the engine is for
	Stats   healthcheck.Stats
	Kinds   []healthcheck.KindStats
}

// A cache keeps a snapshot for a while.
type cache struct {
	read func(context.Context) Snapshot

	mu     sync.Mutex
	latest *Snapshot // nil: none that is young enough
}

// get returns a snapshot that is not older than maxAge. Those who ask while one
// is read get that one.
func (c *cache) get() *Snapshot {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.latest != nil {
		return c.latest
	}
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	began := time.Now()
	s := c.read(ctx)
	s.took = time.Since(began)
	s.VRRP.Routers = lasting(s.VRRP.Routers)
	c.latest = &s
	time.AfterFunc(maxAge, c.forget)
	return c.latest
}

// forget makes the snapshot, which may be large, garbage.
func (c *cache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.latest = nil
}

// lasting leaves out routers that hand over to one of the same name that the
// configuration has put in their place.
func lasting(routers []vrrp.Status) []vrrp.Status {
	last := make(map[string]int)
	for i, r := range routers {
		last[r.Name] = i
	}
	var all []vrrp.Status
	for i, r := range routers {
		if last[r.Name] == i {
			all = append(all, r)
		}
	}
	return all
}
