package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/ldirector/ldirector/internal/api"
)

func newStatusCommand(o *options) *cobra.Command {
	var asJSON bool
	var states []string
	cmd := &cobra.Command{
		Use:   "status [NAME...]",
		Short: "Show services, real servers with state and reason, and VRRP instances",
		Long: `status shows the whole state of the running daemon, or what has one of the names:
virtual servers, real servers (by their address) and VRRP instances.`,
		Example:           "  ldirector status web\n  ldirector status --state down,drained",
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: o.completeAny,
		RunE: func(cmd *cobra.Command, args []string) error {
			wanted := filter{names: args, states: states}
			if err := wanted.check(); err != nil {
				return err
			}
			st, err := api.NewClient(o.socketPath(nil)).Status(cmd.Context())
			if err == nil {
				st, err = wanted.apply(st)
			}
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(o.stdout, st)
			}
			return printStatus(o.stdout, st, time.Now())
		},
	}
	cmd.Flags().StringSliceVar(&states, "state", nil, "only real servers and VRRP instances in these `states`")
	completeWords(cmd, "state", stateWords())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the status as JSON (a stable format)")
	return cmd
}

// printStatus writes st for people: now is what ages are counted from.
func printStatus(w io.Writer, st api.Status, now time.Time) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if st.Table.Error != "" {
		fmt.Fprintf(tw, "NOT IN STEP WITH THE KERNEL: %s\n\n", st.Table.Error)
	}
	if st.Configuration.Error != "" {
		fmt.Fprintf(tw, "THE LAST RELOAD WAS REFUSED, the configuration before it is in force:\n%s\n", st.Configuration.Error)
	}
	if st.Table.Settings != "" {
		fmt.Fprintf(tw, "NOT AS CONFIGURED: %s\n\n", st.Table.Settings)
	}
	if st.SyncDaemon.Error != "" {
		fmt.Fprintf(tw, "SYNC DAEMON NOT AS CONFIGURED: %s\n\n", st.SyncDaemon.Error)
	}
	if st.Table.CountersError != "" {
		fmt.Fprintf(tw, "CONNECTIONS ARE NOT KNOWN: %s\n\n", st.Table.CountersError)
	}
	if st.Table.LedgerError != "" {
		fmt.Fprintf(tw, "A CRASH WOULD LEAVE SERVICES BEHIND: %s\n\n", st.Table.LedgerError)
	}
	if st.Table.OverridesError != "" {
		fmt.Fprintf(tw, "A RESTART WOULD FORGET COMMANDS: %s\n\n", st.Table.OverridesError)
	}
	if st.HTTPError != "" {
		fmt.Fprintf(tw, "HTTP LISTENER NOT AS CONFIGURED: %s\n\n", st.HTTPError)
	}
	if st.VRRPError != "" {
		fmt.Fprintf(tw, "NOTHING IS KNOWN OF VRRP: %s\n\n", st.VRRPError)
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
		printInstances(tw, st, now)
	}
	if roles := st.SyncDaemon.Roles; len(roles) > 0 {
		fmt.Fprintf(tw, "\nThe kernel's sync daemon runs as %s.\n", strings.Join(roles, " and "))
	}
	return tw.Flush()
}

func printVirtualServer(w io.Writer, vs api.VirtualServer, now time.Time) {
	services := vs.Services[0]
	if more := len(vs.Services) - 1; more > 0 {
		services += fmt.Sprintf(" and %d more", more)
	}
	fmt.Fprintf(w, "%s  %s  %s  %s, quorum %d, live weight %d%s\n",
		vs.Name, services, vs.Scheduler, condition(vs), vs.Quorum, vs.LiveWeight, history(vs, now))
	if vs.Error != "" {
		fmt.Fprintf(w, "  REFUSED BY THE KERNEL: %s\n", vs.Error)
	}
	if vs.Contested {
		fmt.Fprintln(w, "  ANOTHER PROGRAM CHANGES IT AGAIN AND AGAIN: find and stop it, or leave this service to it")
	}
	fmt.Fprintln(w, "  REAL SERVER\tMETHOD\tSTATE\tWEIGHT\tACTIVE\tINACTIVE\tSINCE\tREASON")
	for _, rs := range vs.RealServers {
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%d\t%d\t%s\t%s\n",
			rs.Address, rs.Method, rs.State, weight(rs), rs.Active, rs.Inactive, age(rs.Since, now), remark(rs))
	}
}

// weight is that in the kernel and, if probes want another than the
// configuration, the configured one.
func weight(rs api.RealServer) string {
	text := strconv.FormatUint(uint64(rs.Weight), 10)
	if rs.EffectiveWeight != rs.ConfiguredWeight {
		text += fmt.Sprintf(" (%d)", rs.ConfiguredWeight)
	}
	return text
}

// remark says why a real server is not up, or what it warns of.
func remark(rs api.RealServer) string {
	switch {
	case rs.Warning != "":
		return "WARNING " + rs.Warning
	case rs.Reason == "" && rs.Override != nil && rs.Override.Weight != nil:
		return fmt.Sprintf("weight %d by command", *rs.Override.Weight)
	default:
		return rs.Reason
	}
}

// condition says in one word or two how a service is.
func condition(vs api.VirtualServer) string {
	switch {
	case vs.SorryActive:
		return "SORRY SERVER IS IN"
	case !vs.QuorumUp:
		return "BELOW ITS QUORUM"
	case vs.Suspended:
		return "no probes here (ha_suspend)"
	default:
		return "ok"
	}
}

// history says what happened to a service.
func history(vs api.VirtualServer, now time.Time) string {
	text := ""
	if vs.Changed != nil {
		text = ", changed " + age(vs.Changed, now) + " ago"
	}
	if vs.Repairs > 0 {
		text += fmt.Sprintf(", repaired %d times", vs.Repairs)
	}
	return text
}

func printInstances(w io.Writer, st api.Status, now time.Time) {
	fmt.Fprintln(w, "VRRP INSTANCE\tSTATE\tPRIORITY\tMASTER\tSINCE\tINTERFACE\tVRID\tADDRESSES\tREASON")
	for _, v := range st.VRRPInstances {
		printInstance(w, v, now)
	}
	for _, v := range st.VRRPInstances {
		for _, text := range v.Conflicts {
			fmt.Fprintf(w, "CONFLICT in %s: %s\n", v.Name, text)
		}
	}
	for _, g := range st.VRRPGroups {
		fmt.Fprintf(w, "\nGroup %s is %s: %s\n", g.Name, g.State, strings.Join(g.Members, ", "))
	}
	for _, f := range st.ForeignRouters {
		fmt.Fprintf(w, "\nAnother virtual router, %d of %s, is on %s, heard %s ago.\n", f.VRID, f.Source, f.Interface, age(f.Last, now))
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
	fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\t%d\t%s\t%s\n",
		v.Name, v.State, v.Priority, master, age(v.Since, now), v.Interface, v.VRID, strings.Join(addrs, ","), instanceRemark(v))
}

// instanceRemark says why a virtual router is as it is, where that is not plain.
func instanceRemark(v api.VRRPInstance) string {
	remarks := slices.Clone(v.Faults)
	if v.Waiting != "" {
		remarks = append(remarks, "waits for "+v.Waiting)
	}
	if v.HandingOver {
		remarks = append(remarks, "hands over")
	}
	if v.Released {
		remarks = append(remarks, "released: does not preempt")
	}
	if v.PriorityOverride > 0 {
		remarks = append(remarks, fmt.Sprintf("priority set to %d by command", v.PriorityOverride))
	}
	return strings.Join(remarks, "; ")
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
