package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/status"
)

func newProbeCommand(o *options) *cobra.Command {
	var history bool
	cmd := &cobra.Command{
		Use:   "probe VIRTUAL_SERVER REAL_SERVER",
		Short: "Ask a real server now, out of turn",
		Long: `probe makes the probes of a real server due now. Their results count as always:
after retry failures it is down. ldirector status shows what they say.

With --history it asks nothing, and prints what each probe has said the latest
60 times, the newest last.`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: o.completeRealServer,
		RunE: func(cmd *cobra.Command, args []string) error {
			c := api.NewClient(o.socketPath(nil))
			if !history {
				return c.Probe(cmd.Context(), args[0], args[1])
			}
			probes, err := c.Probes(cmd.Context(), args[0], args[1])
			if err != nil {
				return err
			}
			return printHistory(o.stdout, probes, time.Now())
		},
	}
	cmd.Flags().BoolVar(&history, "history", false, "print what the probes have said lately, and ask nothing")
	return cmd
}

// printHistory prints the results of each probe, a line each.
func printHistory(w io.Writer, probes []api.Probe, now time.Time) error {
	var b strings.Builder
	for _, p := range probes {
		fmt.Fprintf(&b, "%s  %s for %s\n", p.Kind, p.State, status.Age(p.Since, now))
		for _, r := range p.History {
			took := time.Duration(r.DurationSeconds * float64(time.Second)).Round(10 * time.Microsecond)
			line := fmt.Sprintf("  %s  %-6s  %8s  %s", r.Time.Local().Format("2006-01-02 15:04:05.00"), r.Result, took, status.Printable(r.Reason))
			b.WriteString(strings.TrimRight(line, " ") + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
