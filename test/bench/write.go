package main

import (
	"context"
	"fmt"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/internal/nettest"
)

// rawBatch is the number of messages in one send of the raw writer, with an
// acknowledgement for the last alone: more at once is no faster.
const rawBatch = 256

// measureWrite compares the client, which compares tables, encodes and sends,
// with a raw sender of the very same messages, which were captured before. A
// namespace is used once: the kernel keeps deleted destinations for minutes and
// searches them at each add.
func (b *bench) measureWrite() {
	table := b.site.table()
	write := func(c *ipvs.Client) error { return c.Apply(context.Background(), ipvs.Diff(nil, table)) }
	raw := batches(b.captured(write), rawBatch)
	var ours, bare []time.Duration
	for range b.rounds {
		ours = append(ours, b.inFresh(func(ns *nettest.Namespace) (time.Duration, error) {
			return b.withClient(ns, write)
		}))
		bare = append(bare, b.inFresh(func(ns *nettest.Namespace) (time.Duration, error) {
			return sendAll(ns, raw)
		}))
	}
	b.report.compare("write an empty table", ours, "raw batches", bare, "≤ 1.30")
}

// captured returns the messages that a client sends for one use of it.
func (b *bench) captured(use func(*ipvs.Client) error) []message {
	var messages []message
	b.within(func() {
		ns := nettest.New(b, "capture")
		_, err := b.withClient(ns, func(c *ipvs.Client) error {
			tap, err := startCapture(ns)
			if err != nil {
				return err
			}
			defer func() { _ = tap.close() }()
			if err := use(c); err != nil {
				return err
			}
			requests, err := tap.requests()
			for _, r := range requests {
				messages = append(messages, r.message)
			}
			return err
		})
		b.must(err)
	})
	return messages
}

// withClient opens a client in the namespace and returns how long its use took.
func (b *bench) withClient(ns *nettest.Namespace, use func(*ipvs.Client) error) (took time.Duration, err error) {
	err = ns.Do(func() error {
		c, err := ipvs.NewClient()
		if err != nil {
			return err
		}
		defer func() { _ = c.Close() }()
		start := time.Now()
		err = use(c)
		took = time.Since(start)
		return err
	})
	return took, err
}

// inFresh measures in a namespace of its own and makes sure that the table is
// full after that.
func (b *bench) inFresh(measure func(*nettest.Namespace) (time.Duration, error)) (took time.Duration) {
	b.within(func() {
		ns := nettest.New(b, "table")
		b.settle()
		var err error
		took, err = measure(ns)
		b.must(err)
		entries, err := countEntries(ns)
		b.must(err)
		if want := b.site.entries(); entries != want {
			b.Fatalf("the table has %d entries, not %d", entries, want)
		}
	})
	return took
}

// sendAll sends the batches, one after the other is answered.
func sendAll(ns *nettest.Namespace, datagrams [][]byte) (took time.Duration, err error) {
	err = ns.Do(func() error {
		w, err := openWire()
		if err != nil {
			return err
		}
		defer func() { _ = w.close() }()
		start := time.Now()
		for _, d := range datagrams {
			if err := w.request(d); err != nil {
				return fmt.Errorf("raw batch: %w", err)
			}
		}
		took = time.Since(start)
		return err
	})
	return took, err
}
