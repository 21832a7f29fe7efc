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
		Use:   "drain VIRTUAL_SERVER REAL_SERVER",
		Short: "Let a real server finish its connections, then take it out",
		Long: `drain gives a real server weight 0 in one virtual server: it keeps its connections
and gets no new ones. When they have ended, or after --timeout with those that
are left, it leaves the table. It stays out until "enable", over reloads and
restarts. Its probes go on; it has no part in the quorum.

With persistence, clients that are known keep coming to a drained server unless
the kernel is told otherwise: ipvs { sysctl = { expire_quiescent_template = 1 } }.`,
		Example:           "  ldirector drain web 192.168.25.31:80 --wait --timeout 10m",
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: o.completeRealServer,
		RunE: func(cmd *cobra.Command, args []string) error {
			if timeout < 0 {
				return errors.New("--timeout cannot be negative")
			}
			c := api.NewClient(o.socketPath(nil))
			if err := c.Drain(cmd.Context(), args[0], args[1], timeout); err != nil {
				return err
			}
			if err := warnIfAlone(cmd.Context(), o.stderr, c, args[0]); err != nil || !wait {
				return err
			}
			return awaitDrain(cmd.Context(), c, args[0], args[1], newProgress(o.stdout))
		},
	}
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until it is over, and show how many connections are left")
	cmd.Flags().DurationVar(&timeout, "timeout", 0, "take it out after `time` with the connections that are left; 0: never")
	return cmd
}

// errNotDrained is the end of a wait because somebody took the drain back.
var errNotDrained = errors.New("the drain was taken back meanwhile")

// awaitDrain waits until a drain is over.
func awaitDrain(ctx context.Context, c *api.Client, virtual, real string, show *progress) error {
	ticker := time.NewTicker(drainPoll)
	defer ticker.Stop()
	for {
		rs, err := c.RealServer(ctx, virtual, real)
		if ctx.Err() != nil {
			return show.end("The wait has ended; the drain goes on.")
		}
		switch left := uint64(rs.Active) + uint64(rs.Inactive); {
		case err != nil:
			return errors.Join(show.end("The drain goes on."), err)
		case rs.Override == nil || rs.Override.Command == "weight":
			return errors.Join(show.end(""), errNotDrained)
		case rs.Override.Over || rs.Override.Command == "disable":
			return show.end(fmt.Sprintf("%s of %s is %s.", rs.Address, virtual, rs.State))
		default:
			if err := show.update(left); err != nil {
				return err
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}

// A progress shows how many connections are left: as a bar that is drawn over on
// a terminal, else in a line for each change.
type progress struct {
	w        io.Writer
	terminal bool
	begin    time.Time
	most     uint64 // connections at the begin
	last     uint64
	shown    bool
}

func newProgress(w io.Writer) *progress {
	return &progress{w: w, terminal: isTerminal(w), begin: time.Now()}
}

// update shows how many connections are left.
func (p *progress) update(left uint64) (err error) {
	p.most = max(p.most, left)
	switch {
	case p.terminal:
		_, err = fmt.Fprintf(p.w, "\r\x1b[K%s", p.line(left, time.Since(p.begin)))
	case !p.shown || left != p.last:
		_, err = fmt.Fprintf(p.w, "%d connections left\n", left)
	}
	p.last, p.shown = left, true
	return err
}

// barWidth is the length of the bar.
const barWidth = 30

// line is the bar with its numbers.
func (p *progress) line(left uint64, elapsed time.Duration) string {
	done := barWidth
	if p.most > 0 {
		done = int((p.most - left) * barWidth / p.most)
	}
	return fmt.Sprintf("[%s%s] %d of %d connections left, %s",
		strings.Repeat("=", done), strings.Repeat(" ", barWidth-done), left, p.most, elapsed.Round(time.Second))
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
