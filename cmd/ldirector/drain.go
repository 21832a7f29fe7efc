package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ldirector/ldirector/internal/api"
)

// drainPoll is how often a waiting drain looks.
const drainPoll = time.Second

func newDrainCommand(o *options) *cobra.Command {
	var wait bool
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "drain [VIRTUAL_SERVER] REAL_SERVER",
		Short: "Let a real server finish its connections, then take it out",
		Long: `drain gives a real server weight 0 in one virtual server: it keeps its connections
and gets no new ones. When they have ended, or after --timeout with those that
are left, it leaves the table. It stays out until "enable", over reloads and
restarts. Its probes go on; it has no part in the quorum.

With persistence, clients that are known keep coming to a drained server unless
the kernel is told otherwise: ipvs { sysctl = { expire_quiescent_template = 1 } }.` + everywhereText,
		Example:           "  ldirector drain web 192.168.25.31:80 --wait --timeout 10m\n  ldirector drain 192.168.25.31 --wait",
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: o.completePlace,
		RunE: func(cmd *cobra.Command, args []string) error {
			if timeout < 0 {
				return errors.New("--timeout cannot be negative")
			}
			c := api.NewClient(o.socketPath(nil))
			places, err := placesOf(cmd.Context(), c, args)
			if err != nil {
				return err
			}
			err = o.onEach(places, len(args) == 1, "drained", func(p api.Place) error {
				return c.Drain(cmd.Context(), p.VirtualServer, p.RealServer, timeout)
			})
			err = errors.Join(err, o.warnIfAlone(cmd.Context(), c, places))
			if err != nil || !wait {
				return err
			}
			return awaitDrain(cmd.Context(), c, places, newProgress(o.stdout, timeout))
		},
	}
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until it is over, and show how many connections are left")
	cmd.Flags().DurationVar(&timeout, "timeout", 0, "take it out after `time` with the connections that are left; 0: never")
	return cmd
}

// errNotDrained is the end of a wait because somebody took the drain back.
var errNotDrained = errors.New("the drain was taken back meanwhile")

// awaitDrain waits until drains are over, all of them. An end before that is an
// error.
func awaitDrain(ctx context.Context, c *api.Client, places []api.Place, show *progress) error {
	ticker := time.NewTicker(drainPoll)
	defer ticker.Stop()
	d := drains{open: places}
	for {
		left, err := d.look(ctx, c)
		switch {
		case ctx.Err() != nil:
			return errors.Join(show.end("The wait has ended; the drain goes on."), errReported)
		case err != nil:
			return errors.Join(show.end("The drain goes on."), err)
		case len(d.open) == 0:
			return errors.Join(show.end(strings.Join(d.over, "\n")), errors.Join(d.lost...))
		}
		if err := show.update(left); err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}

// drains are those that somebody waits for.
type drains struct {
	open []api.Place
	over []string // sentences about those that have ended
	lost []error  // about those that were taken back
}

// look sorts the drains, and returns how many connections the open ones have in all.
func (d *drains) look(ctx context.Context, c *api.Client) (left uint64, err error) {
	now, err := realServers(ctx, c, d.open)
	if err != nil {
		return 0, err
	}
	var open []api.Place
	for i, rs := range now {
		switch o := rs.Override; {
		case o == nil || o.Command == "weight":
			d.lost = append(d.lost, fmt.Errorf("%s: %w", d.open[i], errNotDrained))
		case o.Over || o.Command == "disable":
			d.over = append(d.over, fmt.Sprintf("%s of %s is %s.", rs.Address, d.open[i].VirtualServer, rs.State))
		default:
			open = append(open, d.open[i])
			left += uint64(rs.Active) + uint64(rs.Inactive)
		}
	}
	d.open = open
	return left, nil
}

// realServers asks for real servers, in one question.
func realServers(ctx context.Context, c *api.Client, places []api.Place) ([]api.RealServer, error) {
	if len(places) == 1 {
		rs, err := c.RealServer(ctx, places[0].VirtualServer, places[0].RealServer)
		return []api.RealServer{rs}, err
	}
	st, err := c.Status(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]api.RealServer, len(places))
	for i, p := range places {
		rs, err := st.At(p)
		if err != nil {
			return nil, err
		}
		all[i] = *rs
	}
	return all, nil
}

// A progress shows how many connections are left: as a bar that is drawn over on
// a terminal, else in a line for each change.
type progress struct {
	w        io.Writer
	terminal bool
	begin    time.Time
	limit    time.Duration // after which the drain is over in any case, 0: never
	most     uint64        // connections at the begin
	last     uint64
	shown    bool
}

func newProgress(w io.Writer, limit time.Duration) *progress {
	return &progress{w: w, terminal: isTerminal(w), begin: time.Now(), limit: limit}
}

// update shows how many connections are left.
func (p *progress) update(left uint64) (err error) {
	p.most = max(p.most, left)
	switch {
	case p.terminal:
		_, err = fmt.Fprintf(p.w, "\r\x1b[K%s", p.line(left, time.Since(p.begin)))
	case !p.shown || left != p.last:
		_, err = fmt.Fprintf(p.w, "%s left\n", count(int(left), "connection"))
	}
	p.last, p.shown = left, true
	return err
}

// barWidth is the length of the bar: with a million connections, the line has 80
// columns.
const barWidth = 20

// line is the bar with its numbers.
func (p *progress) line(left uint64, elapsed time.Duration) string {
	done := barWidth
	if p.most > 0 {
		done = int((p.most - left) * barWidth / p.most)
	}
	text := fmt.Sprintf("[%s%s] %d of %d connections left, %s",
		strings.Repeat("=", done), strings.Repeat(" ", barWidth-done), left, p.most, elapsed.Round(time.Second))
	if p.limit > 0 {
		text += fmt.Sprintf(" of %s", p.limit)
	}
	return text
}

// end shows how it came out.
func (p *progress) end(text string) error {
	if p.terminal && p.shown {
		if _, err := fmt.Fprint(p.w, "\r\x1b[K"); err != nil {
			return err
		}
	}
	if text == "" {
		return nil
	}
	_, err := fmt.Fprintln(p.w, text)
	return err
}
