package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/status"
	"github.com/ldirector/ldirector/internal/watch"
)

// minInterval keeps a live view from asking all the time.
const minInterval = 100 * time.Millisecond

func newStatusCommand(o *options) *cobra.Command {
	var asJSON, live bool
	interval := 2 * time.Second
	var wanted status.Filter
	cmd := &cobra.Command{
		Use:   "status [NAME...]",
		Short: "Show services, real servers with state and reason, and VRRP instances",
		Long: `status shows the whole state of the running daemon, or what has one of the names:
virtual servers, real servers (by their address, with its port or without) and
VRRP instances.

--watch shows it live on a terminal until "q": it asks every --interval, and at
once when something happens. Its keys:

` + watch.Keys() + `
d, x and e ask before they do anything. States have colours on a terminal, unless
NO_COLOR is set.`,
		Example:           "  ldirector status web\n  ldirector status --state down,drained\n  ldirector status --watch web",
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: o.completeAny,
		RunE: func(cmd *cobra.Command, args []string) error {
			wanted.Names = args
			if err := errors.Join(wanted.CheckStates(), o.checkWatch(live, interval, cmd.Flags().Changed("interval"))); err != nil {
				return err
			}
			c := api.NewClient(o.socketPath(nil))
			st, err := c.Status(cmd.Context())
			if err == nil {
				err = wanted.Check(st)
			}
			switch {
			case err != nil:
				return err
			case live:
				return watch.Run(cmd.Context(), c, o.stdout, watch.Options{Filter: wanted, Interval: interval, Coloured: coloured(o.stdout)})
			case asJSON:
				return printJSON(o.stdout, wanted.Apply(st))
			}
			status.CleanAll(&st)
			return status.Print(o.stdout, wanted.Apply(st), time.Now(), coloured(o.stdout))
		},
	}
	cmd.Flags().StringSliceVar(&wanted.States, "state", nil, "only real servers and VRRP instances in these `states`")
	completeWords(cmd, "state", status.States())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the status as JSON (a stable format)")
	cmd.Flags().BoolVarP(&live, "watch", "w", false, "show it live on a terminal")
	cmd.Flags().DurationVar(&interval, "interval", interval, "with --watch: `time` between two looks")
	cmd.MarkFlagsMutuallyExclusive("watch", "json")
	return cmd
}

// checkWatch returns an error if a live view is wanted where there can be none.
func (o *options) checkWatch(live bool, interval time.Duration, given bool) error {
	switch {
	case !live && given:
		return errors.New("--interval is for --watch")
	case !live:
		return nil
	case interval < minInterval:
		return fmt.Errorf("--interval has to be at least %s", minInterval)
	case !isTerminal(o.stdout):
		return errors.New("--watch draws on a terminal, and there is none, or a dumb one: use status --json for programs, and events -f for what happens")
	default:
		return nil
	}
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
