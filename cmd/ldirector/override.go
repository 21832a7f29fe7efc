package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/ldirector/ldirector/internal/api"
)

func newDisableCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "disable [VIRTUAL_SERVER] REAL_SERVER",
		Short: "Take a real server out of the table at once",
		Long: `disable takes a real server out of the table of one virtual server until
"enable", over reloads and restarts. Its connections are lost; drain lets them
end. Its probes go on.` + everywhereText,
		Example:           "  ldirector disable web 192.168.25.31:80\n  ldirector disable 192.168.25.31",
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: o.completePlace,
		RunE: func(cmd *cobra.Command, args []string) error {
			c := api.NewClient(o.socketPath(nil))
			places, err := placesOf(cmd.Context(), c, args)
			if err != nil {
				return err
			}
			err = o.onEach(places, len(args) == 1, "disabled", func(p api.Place) error {
				return c.Disable(cmd.Context(), p.VirtualServer, p.RealServer)
			})
			return errors.Join(err, o.warnIfAlone(cmd.Context(), c, places))
		},
	}
}

func newEnableCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "enable [VIRTUAL_SERVER] REAL_SERVER",
		Short: "Take back drain, disable and weight",
		Long: `enable leaves a real server to its configuration and its probes again. One that
was out of the table comes back with its slow_start, if it is up.` + everywhereText,
		Example:           "  ldirector enable web 192.168.25.31:80\n  ldirector enable 192.168.25.31",
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: o.completePlace,
		RunE: func(cmd *cobra.Command, args []string) error {
			c := api.NewClient(o.socketPath(nil))
			places, err := placesOf(cmd.Context(), c, args)
			if err != nil {
				return err
			}
			return o.onEach(places, len(args) == 1, "enabled", func(p api.Place) error {
				return c.Enable(cmd.Context(), p.VirtualServer, p.RealServer)
			})
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
			return o.warnIfAlone(cmd.Context(), c, []api.Place{{VirtualServer: args[0], RealServer: args[1]}})
		},
	}
}

// everywhereText explains commands for one machine.
const everywhereText = `

With the address of a real server alone, with its port or without, it is done in
every virtual server that has it, and each is listed.`

// placesOf returns what a command is for: one real server of one virtual server,
// or all real servers with an address.
func placesOf(ctx context.Context, c *api.Client, args []string) ([]api.Place, error) {
	if len(args) == 2 {
		return []api.Place{{VirtualServer: args[0], RealServer: args[1]}}, nil
	}
	st, err := c.Status(ctx)
	if err != nil {
		return nil, err
	}
	return st.Everywhere(args[0])
}

// onEach does something in all places, also after an error in one, and lists
// what was done if that is not what was typed.
func (o *options) onEach(places []api.Place, list bool, what string, do func(api.Place) error) error {
	var errs []error
	for _, p := range places {
		err := do(p)
		switch {
		case err != nil && list:
			errs = append(errs, fmt.Errorf("not %s: %s: %w", what, p, err))
		case err != nil:
			errs = append(errs, err)
		case list:
			if _, err := fmt.Fprintf(o.stdout, "%s %s\n", what, p); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// warnIfAlone says what becomes of new connections where nobody takes them any
// more.
func (o *options) warnIfAlone(ctx context.Context, c *api.Client, places []api.Place) error {
	var errs []error
	seen := make(map[string]bool)
	for _, p := range places {
		if seen[p.VirtualServer] {
			continue
		}
		seen[p.VirtualServer] = true
		v, err := c.VirtualServer(ctx, p.VirtualServer)
		switch {
		case err != nil:
		case v.SorryActive:
			_, err = fmt.Fprintf(o.stderr, "The sorry server of %s is in: live real servers have weight %d, and its quorum is %d.\n", v.Name, v.LiveWeight, v.Quorum)
		case v.LiveWeight == 0:
			_, err = fmt.Fprintf(o.stderr, "No real server of %s is left for new connections: they are refused.\n", v.Name)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
