package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/ldirector/ldirector/internal/api"
)

func newVRRPCommand(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "vrrp",
		Short: "Hand virtual addresses over by command",
		Long: `vrrp changes the virtual routers of the running daemon, until that is stopped.
ldirector status shows what is in force.`,
	}
	cmd.AddCommand(
		newHandOverCommand(o, "release", "Hand over to a backup, and do not take over again from it",
			`release makes a master hand its virtual addresses over to a backup, without a gap
for clients, and does not preempt that one until "vrrp preempt". Should it fail,
this router takes over all the same. A backup is only kept from preempting.`,
			(*api.Client).Release),
		newHandOverCommand(o, "preempt", "Take a release back",
			`preempt lets a router take over again from a master of lower priority, as its
configuration says.`,
			(*api.Client).Preempt),
		newPriorityCommand(o))
	return group(cmd)
}

func newHandOverCommand(o *options, verb, short, long string, send func(*api.Client, context.Context, string) error) *cobra.Command {
	return &cobra.Command{
		Use:               verb + " INSTANCE",
		Short:             short,
		Long:              long,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: o.completeInstance,
		RunE: func(cmd *cobra.Command, args []string) error {
			return send(api.NewClient(o.socketPath(nil)), cmd.Context(), args[0])
		},
	}
}

func newPriorityCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "priority INSTANCE N",
		Short: "Set the priority in place of the configured one; 0 takes that back",
		Long: `priority sets the priority of a router in place of the configured one, from 1 to
254. Weights of trackers are added to it as before. 0 takes it back.`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: o.completeInstance,
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := strconv.ParseUint(args[1], 10, 8)
			if err != nil || n > 254 {
				return fmt.Errorf("%q is no priority: write 1 to 254, or 0 for the configured one", args[1])
			}
			return api.NewClient(o.socketPath(nil)).SetPriority(cmd.Context(), args[0], uint8(n))
		},
	}
}
