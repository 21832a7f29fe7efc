package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
)

const (
	// countersAge is for how long one reading of the kernel's counters serves
	// everybody: status, metrics, the pages.
	countersAge = time.Second

	// countersTimeout bounds the wait for a kernel that does not answer.
	countersTimeout = 5 * time.Second
)

// counted is what the kernel counts of all services.
type counted map[ipvs.Key]ipvs.ServiceCounters

// counters are what the kernel counts, read by a client of their own, so that
// those who look hold nobody up who changes the table.
type counters struct {
	kernel interface {
		Counters(ctx context.Context) (map[ipvs.Key]ipvs.ServiceCounters, error)
		Close() error
	}

	mu     sync.Mutex
	latest counted // nil: none that is young enough
}

// get returns counters that are not older than countersAge. Those who ask while
// they are read get the same.
func (c *counters) get(ctx context.Context) (counted, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.latest != nil {
		return c.latest, nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), countersTimeout) // others wait for it, too
	defer cancel()
	latest, err := c.kernel.Counters(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the kernel's counters: %w", err)
	}
	c.latest = latest
	time.AfterFunc(countersAge, c.forget)
	return c.latest, nil
}

// forget makes the counters, which may be many, garbage.
func (c *counters) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.latest = nil
}
