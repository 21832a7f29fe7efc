package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ldirector/ldirector/internal/doctor"
)

// errCannotLook ends doctor when there is no answer.
var errCannotLook = errors.New("")

func newDoctorCommand(o *options) *cobra.Command {
	var role string
	var asJSON bool
	var listen time.Duration
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Find what breaks LVS and VRRP on this host",
		Long: `doctor compares this host with what the configuration needs of it: kernel
modules, sysctls, addresses, routes, MTU, firewall rules, other directors, the
clock, limits; and it asks the network who answers for the virtual addresses
and who else advertises. Each finding says what breaks, how to see it and how
to mend it. doctor changes nothing; run it as root, before the daemon or beside
it. On a back-end of DR and TUN services give --role realserver.

Exit codes: 0 nothing found; 1 problems; 2 it could not look.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			as := doctor.Role(role)
			if as != doctor.Director && as != doctor.Backend {
				return fmt.Errorf("--role %q: give director or realserver%w", role, errCannotLook)
			}
			cfg, err := o.load()
			if err != nil {
				return fmt.Errorf("%w%w", err, errCannotLook)
			}
			needs := doctor.NeedsOf(cfg, as)
			facts := doctor.Gather(cmd.Context(), needs, listen, newLogger(o.stderr, "text", nil, false))
			report := doctor.Examine(needs, facts)
			if asJSON {
				err = printJSON(o.stdout, report)
			} else {
				err = report.WriteText(o.stdout)
			}
			if err == nil && len(report.Findings) > 0 {
				err = errReported
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&role, "role", string(doctor.Director), "what this host is: director or realserver")
	flags.BoolVar(&asJSON, "json", false, "print the findings as JSON (a stable format)")
	flags.DurationVar(&listen, "listen", 3*time.Second, "how `long` to ask and listen on the network; 0: not at all")
	return cmd
}
