package main

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
)

// A countedKernel counts how often it is asked.
type countedKernel struct {
	asked int
	err   error
}

func (k *countedKernel) Counters(ctx context.Context) (map[ipvs.Key]ipvs.ServiceCounters, error) {
	k.asked++
	return map[ipvs.Key]ipvs.ServiceCounters{}, errors.Join(k.err, ctx.Err())
}

func (*countedKernel) Close() error { return nil }

// One reading serves all who ask within a second, also if the first of them has
// gone away.
func TestCountersAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kernel := new(countedKernel)
		c := &counters{kernel: kernel}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		var asking sync.WaitGroup
		for range 50 {
			asking.Go(func() {
				if _, err := c.get(gone); err != nil {
					t.Errorf("get: %v", err)
				}
			})
		}
		asking.Wait()
		if kernel.asked != 1 {
			t.Errorf("the kernel was asked %d times, want once", kernel.asked)
		}
		time.Sleep(countersAge)
		synctest.Wait()
		if _, err := c.get(t.Context()); err != nil || kernel.asked != 2 {
			t.Errorf("after a second: %v, asked %d times in all, want 2", err, kernel.asked)
		}
		time.Sleep(countersAge)
	})
}

// An error is not kept.
func TestCountersError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kernel := &countedKernel{err: errors.New("no buffer space")}
		c := &counters{kernel: kernel}
		if _, err := c.get(t.Context()); !errors.Is(err, kernel.err) {
			t.Errorf("get: %v", err)
		}
		kernel.err = nil
		if _, err := c.get(t.Context()); err != nil {
			t.Errorf("get after the error: %v", err)
		}
		time.Sleep(countersAge)
	})
}
