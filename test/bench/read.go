package main

import (
	"context"
	"fmt"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/internal/nettest"
)

// measureRead compares reading a full table as values with sending the same
// requests and throwing the answers away.
func (b *bench) measureRead() {
	table := b.site.table()
	read := func(c *ipvs.Client) error {
		services, err := c.Services(context.Background())
		if err == nil && len(services) != len(table) {
			err = fmt.Errorf("read %d services, not %d", len(services), len(table))
		}
		return err
	}
	fill := func(c *ipvs.Client) error { return c.Apply(context.Background(), ipvs.Diff(nil, table)) }

	var requests [][]byte
	for _, m := range b.captured(func(c *ipvs.Client) error {
		if err := fill(c); err != nil {
			return err
		}
		return read(c)
	}) {
		if !m.writes() {
			requests = append(requests, m)
		}
	}
	b.within(func() {
		ns := nettest.New(b, "table")
		_, err := b.withClient(ns, fill)
		b.must(err)
		var ours, bare []time.Duration
		for range b.rounds {
			b.settle()
			took, err := b.withClient(ns, read)
			b.must(err)
			ours = append(ours, took)
			b.settle()
			took, err = sendAll(ns, requests)
			b.must(err)
			bare = append(bare, took)
		}
		b.report.compare("read a full table", ours, "raw dump", bare, "≤ 2.00")
	})
}
