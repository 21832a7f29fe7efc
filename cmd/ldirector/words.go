package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ldirector/ldirector/internal/api"
)

// group makes a command that is nothing but the head of others refuse words that
// are none of them.
func group(cmd *cobra.Command) *cobra.Command {
	cmd.Args = cobra.ArbitraryArgs
	cmd.DisableFlagsInUseLine = true
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		var known []string
		for _, c := range cmd.Commands() {
			known = append(known, c.Name())
		}
		return api.NotFound("command of "+cmd.CommandPath(), args[0], known)
	}
	return cmd
}

// suggestFlag adds to the error for an unknown flag which one was perhaps meant.
func suggestFlag(cmd *cobra.Command, err error) error {
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok || unknown.GetSpecifiedShortnames() != "" {
		return err
	}
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	if near := api.Nearest(unknown.GetSpecifiedName(), known); near != "" {
		return fmt.Errorf("%w. Did you mean --%s?", err, near)
	}
	return err
}
