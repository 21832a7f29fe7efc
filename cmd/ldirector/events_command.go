package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/status"
)

// eventRetry is the pause before events are asked for again.
const eventRetry = time.Second

func newEventsCommand(o *options) *cobra.Command {
	var follow, asJSON bool
	var most uint
	cmd := &cobra.Command{
		Use:   "events",
		Short: "Show what has happened lately, and with -f what happens",
		Long: `events prints what the daemon keeps of the news: changes of real servers, quorums
and virtual routers, reloads and commands with who gave them. -f goes on with
what comes, also over a restart of the daemon, until it is interrupted.`,
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c := api.NewClient(o.socketPath(nil))
			p := eventPrinter{out: o.stdout, notes: o.stderr, json: asJSON}
			events, err := c.Events(cmd.Context(), most)
			if err != nil {
				return err
			}
			for _, e := range events.Events {
				if err := p.print(e); err != nil {
					return err
				}
			}
			if !follow {
				return nil
			}
			return p.follow(cmd.Context(), c)
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on with what happens")
	cmd.Flags().UintVarP(&most, "lines", "n", 50, "how `many` of the latest to print")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print each event as a line of JSON (a stable format)")
	return cmd
}

// An eventPrinter writes events.
type eventPrinter struct {
	out, notes io.Writer
	json       bool
	last       uint64 // number of the last event
}

// follow prints what comes until ctx is done.
func (p *eventPrinter) follow(ctx context.Context, c *api.Client) error {
	lost := false
	for {
		err := c.FollowEvents(ctx, p.last, func(e api.Event) error {
			lost = false
			return p.print(e)
		})
		switch {
		case ctx.Err() != nil:
			return nil
		case !lost:
			lost = true
			fmt.Fprintln(p.notes, "The daemon does not answer any more:", err)
		}
		select {
		case <-time.After(eventRetry):
		case <-ctx.Done():
			return nil
		}
	}
}

// print writes one event.
func (p *eventPrinter) print(e api.Event) error {
	p.last = max(p.last, e.Seq)
	if p.json {
		return json.NewEncoder(p.out).Encode(e)
	}
	status.Clean(&e)
	_, err := fmt.Fprintln(p.out, status.EventLine(e, time.DateTime))
	return err
}
