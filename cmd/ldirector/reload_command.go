package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ldirector/ldirector/internal/api"
)

func newReloadCommand(o *options) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "reload",
		Short: "Make the daemon load its configuration, and show what it changed",
		Long: `reload makes the running daemon read its configuration again and do what is
different, and prints that: + is new, ~ is changed, - is gone. What did not
change is not touched: connections, probe states and timers stay. With an error
in the configuration nothing changes; every error is printed. SIGHUP does the
same, and logs it.

A VRRP instance keeps its state when it changes; with another interface, VRID,
version or family it is another one, and the old one hands over first.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			done, err := api.NewClient(o.socketPath(nil)).Reload(cmd.Context())
			if refused, ok := errors.AsType[*api.ConfigError](err); ok {
				if _, err := io.WriteString(o.stderr, refused.Text); err != nil {
					return err
				}
				return errReported
			}
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(o.stdout, done)
			}
			return printReload(o.stdout, done)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the changes as JSON (a stable format)")
	return cmd
}

func printReload(w io.Writer, done api.Reload) error {
	if err := done.Plan.WriteText(w); err != nil {
		return err
	}
	for _, name := range done.Restart {
		fmt.Fprintf(w, "%s acts after a restart only.\n", name)
	}
	for _, text := range done.Problems {
		fmt.Fprintf(w, "NOT DONE YET, will be tried again: %s\n", text)
	}
	return nil
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
