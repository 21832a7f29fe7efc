package config

import (
	"time"

	"github.com/ldirector/ldirector/healthcheck"
)

// A timing holds the timing arguments of one block; nil is for what it does
// not say.
type timing struct {
	loop, timeout, retryDelay, warmup *time.Duration
	retry                             *int
}

// defaultTiming is what holds for a probe of which nobody says anything.
func defaultTiming(root *block) timing {
	return (&content{spec: root.child("virtual_server")}).timing()
}

// timing reads the timing arguments of a block, with their defaults.
func (c *content) timing() timing {
	return c.timingOf(func(string) bool { return true })
}

// writtenTiming reads those that are written.
func (c *content) writtenTiming() timing { return c.timingOf(c.given) }

func (c *content) timingOf(wanted func(name string) bool) timing {
	duration := func(name string) *time.Duration {
		if !wanted(name) {
			return nil
		}
		if d, ok := c.duration(name); ok {
			return &d
		}
		return nil
	}
	t := timing{
		loop:       duration("delay_loop"),
		timeout:    duration("connect_timeout"),
		retryDelay: duration("delay_before_retry"),
		warmup:     duration("warmup"),
	}
	if !wanted("retry") {
		return t
	}
	if n, ok := c.number("retry"); ok {
		t.retry = &n
	}
	return t
}

// or returns t, with what it does not say taken from base.
func (t timing) or(base timing) timing {
	return timing{
		loop:       either(t.loop, base.loop),
		timeout:    either(t.timeout, base.timeout),
		retryDelay: either(t.retryDelay, base.retryDelay),
		warmup:     either(t.warmup, base.warmup),
		retry:      either(t.retry, base.retry),
	}
}

func either[T any](first, second *T) *T {
	if first != nil {
		return first
	}
	return second
}

// resolve returns the timing of p, for which t is said.
func (p *probe) resolve(t timing) healthcheck.Timing {
	result := healthcheck.Timing{
		Interval:   orZero(t.loop),
		Timeout:    orZero(t.timeout) * time.Duration(max(p.questions, 1)),
		Retry:      orZero(t.retry),
		RetryDelay: orZero(t.retryDelay),
		Rise:       p.rise,
		Warmup:     orZero(either(t.warmup, t.loop)), // keepalived's default
	}
	if p.spec.probe.ownTimeout {
		result.Timeout = orZero(either(p.timing.timeout, t.loop))
	}
	return result
}

func orZero[T any](p *T) T {
	var zero T
	return orElse(p, zero)
}

func orElse[T any](p *T, other T) T {
	if p == nil {
		return other
	}
	return *p
}
