package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/ldirector/ldirector/internal/api"
)

func newStatusCommand(o *options) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show services, real servers with state and reason, and VRRP instances",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			st, err := api.NewClient(o.socketPath(nil)).Status(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				enc := json.NewEncoder(o.stdout)
				enc.SetIndent("", "  ")
				return enc.Encode(st)
			}
			return printStatus(o.stdout, st, time.Now())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the status as JSON (a stable format)")
	return cmd
}

// printStatus writes st for people: now is what ages are counted from.
func printStatus(w io.Writer, st api.Status, now time.Time) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if st.Table.Error != "" {
		fmt.Fprintf(tw, "NOT IN STEP WITH THE KERNEL: %s\n\n", st.Table.Error)
	}
	if st.Table.LedgerError != "" {
		fmt.Fprintf(tw, "A CRASH WOULD LEAVE SERVICES BEHIND: %s\n\n", st.Table.LedgerError)
	}
	for i, vs := range st.VirtualServers {
		if i > 0 {
			fmt.Fprintln(tw)
		}
		printVirtualServer(tw, vs, now)
	}
	if len(st.VRRPInstances) > 0 {
		if len(st.VirtualServers) > 0 {
			fmt.Fprintln(tw)
		}
		fmt.Fprintln(tw, "VRRP INSTANCE\tSTATE\tPRIORITY\tMASTER\tSINCE\tINTERFACE\tVRID\tADDRESSES")
		for _, v := range st.VRRPInstances {
			printInstance(tw, v, now)
		}
	}
	return tw.Flush()
}

func printVirtualServer(w io.Writer, vs api.VirtualServer, now time.Time) {
	state := "has its quorum"
	switch {
	case vs.SorryActive:
		state = "SORRY SERVER IS IN, below its quorum"
	case !vs.QuorumUp:
		state = "BELOW ITS QUORUM"
	}
	fmt.Fprintf(w, "%s  %s %s  %s  %s of %d\n", vs.Name, vs.Protocol, vs.Address, vs.Scheduler, state, vs.Quorum)
	fmt.Fprintln(w, "  REAL SERVER\tMETHOD\tSTATE\tWEIGHT\tACTIVE\tINACTIVE\tSINCE\tREASON")
	for _, rs := range vs.RealServers {
		fmt.Fprintf(w, "  %s\t%s\t%s\t%d\t%d\t%d\t%s\t%s\n",
			rs.Address, rs.Method, rs.State, rs.Weight, rs.Active, rs.Inactive, age(rs.Since, now), rs.Reason)
	}
}

func printInstance(w io.Writer, v api.VRRPInstance, now time.Time) {
	addrs := make([]string, len(v.Addresses))
	for i, a := range v.Addresses {
		addrs[i] = a.String()
	}
	master := v.Master
	if master == "" {
		master = "-"
	}
	fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\t%d\t%s\n",
		v.Name, v.State, v.Priority, master, age(v.Since, now), v.Interface, v.VRID, strings.Join(addrs, ","))
}

// age is the time since t in its largest unit but one: "3m12s", "2d4h".
func age(t *time.Time, now time.Time) string {
	if t == nil {
		return "-"
	}
	d := max(now.Sub(*t), 0)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm%ds", d/time.Minute, d%time.Minute/time.Second)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%dm", d/time.Hour, d%time.Hour/time.Minute)
	default:
		return fmt.Sprintf("%dd%dh", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
	}
}
