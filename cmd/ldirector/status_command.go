package main

import (
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/status"
)

func newStatusCommand(o *options) *cobra.Command {
	var asJSON bool
	var wanted status.Filter
	cmd := &cobra.Command{
		Use:   "status [NAME...]",
		Short: "Show services, real servers with state and reason, and VRRP instances",
		Long: `status shows the whole state of the running daemon, or what has one of the names:
virtual servers, real servers (by their address) and VRRP instances.`,
		Example:           "  ldirector status web\n  ldirector status --state down,drained",
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: o.completeAny,
		RunE: func(cmd *cobra.Command, args []string) error {
			wanted.Names = args
			if err := wanted.CheckStates(); err != nil {
				return err
			}
			st, err := api.NewClient(o.socketPath(nil)).Status(cmd.Context())
			if err == nil {
				err = wanted.Check(st)
			}
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(o.stdout, wanted.Apply(st))
			}
			status.CleanAll(&st)
			return status.Print(o.stdout, wanted.Apply(st), time.Now(), coloured(o.stdout))
		},
	}
	cmd.Flags().StringSliceVar(&wanted.States, "state", nil, "only real servers and VRRP instances in these `states`")
	completeWords(cmd, "state", status.States())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the status as JSON (a stable format)")
	return cmd
}

// isTerminal reports whether what is written can be drawn over.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil && os.Getenv("TERM") != "dumb"
}

// coloured reports whether colours are wanted (https://no-color.org).
func coloured(w io.Writer) bool { return isTerminal(w) && os.Getenv("NO_COLOR") == "" }
