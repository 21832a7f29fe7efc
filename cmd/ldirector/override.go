package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/ldirector/ldirector/internal/api"
)

func newDisableCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "disable VIRTUAL_SERVER REAL_SERVER",
		Short: "Take a real server out of the table at once",
		Long: `disable takes a real server out of the table of one virtual server until
"enable", over reloads and restarts. Its connections are lost; drain lets them
end. Its probes go on.`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: o.completeRealServer,
		RunE: func(cmd *cobra.Command, args []string) error {
			c := api.NewClient(o.socketPath(nil))
			if err := c.Disable(cmd.Context(), args[0], args[1]); err != nil {
				return err
			}
			return warnIfAlone(cmd.Context(), o.stderr, c, args[0])
		},
	}
}

func newEnableCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "enable VIRTUAL_SERVER REAL_SERVER",
		Short: "Take back drain, disable and weight",
		Long: `enable leaves a real server to its configuration and its probes again. One that
was out of the table comes back with its slow_start, if it is up.`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: o.completeRealServer,
		RunE: func(cmd *cobra.Command, args []string) error {
			return api.NewClient(o.socketPath(nil)).Enable(cmd.Context(), args[0], args[1])
		},
	}
}

func newWeightCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "weight VIRTUAL_SERVER REAL_SERVER N",
		Short: "Give a real server another weight than the configured one",
		Long: `weight sets a weight from 0 to 2147483647 in place of the configured one, until
"enable", over reloads and restarts. Probes change it as they would change that.
With 0 nobody new comes, as with drain, but the server never leaves the table.`,
		Args:              cobra.ExactArgs(3),
		ValidArgsFunction: o.completeRealServer,
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := strconv.ParseUint(args[2], 10, 31)
			if err != nil {
				return fmt.Errorf("%q is no weight: write 0 to 2147483647", args[2])
			}
			c := api.NewClient(o.socketPath(nil))
			if err := c.SetWeight(cmd.Context(), args[0], args[1], uint32(n)); err != nil || n > 0 {
				return err
			}
			return warnIfAlone(cmd.Context(), o.stderr, c, args[0])
		},
	}
}

// warnIfAlone says what becomes of new connections after nobody of a virtual
// server takes them any more.
func warnIfAlone(ctx context.Context, w io.Writer, c *api.Client, virtual string) error {
	v, err := c.VirtualServer(ctx, virtual)
	switch {
	case err != nil:
		return err
	case v.SorryActive:
		_, err = fmt.Fprintf(w, "The sorry server of %s is in: live real servers have weight %d, and its quorum is %d.\n", v.Name, v.LiveWeight, v.Quorum)
	case v.LiveWeight == 0:
		_, err = fmt.Fprintf(w, "No real server of %s is left for new connections: they are refused.\n", v.Name)
	}
	return err
}
