package main

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/config"
	"github.com/ldirector/ldirector/internal/plan"
	"github.com/ldirector/ldirector/vrrp"
)

// errChanges is the outcome of a plan that is not empty.
var errChanges = errors.New("")

func newPlanCommand(o *options) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show what run or reload would change in the kernel",
		Long: `plan reads the configuration and the kernel and prints how they differ:
+ is new, ~ is changed, - is gone. It changes nothing. Where a daemon runs, the
real servers that it has found down are left out; where none does, all are
shown as they will be once their probes succeed. Virtual addresses are not part
of it: they depend on the other directors.

Exit codes: 0 nothing to change; 2 changes; 1 error.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := o.loadHere(config.NewReader())
			if err != nil {
				return err
			}
			st, err := api.NewClient(o.socketPath(cfg)).Status(cmd.Context())
			if err != nil && !errors.Is(err, api.ErrNotRunning) {
				return err
			}
			p, err := makePlan(cmd.Context(), cfg, o.stateDir, st)
			if err != nil {
				return err
			}
			if asJSON {
				err = printJSON(o.stdout, p)
			} else {
				err = p.WriteText(o.stdout)
			}
			if err == nil && !p.Empty() {
				err = errChanges
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the plan as JSON (a stable format)")
	return cmd
}

// makePlan compares the configuration with this host. st is what the running
// daemon knows, if there is one.
func makePlan(ctx context.Context, cfg *config.Config, stateDir string, st api.Status) (_ plan.Plan, err error) {
	owned, err := director.FileLedger{Path: filepath.Join(stateDir, ledgerName)}.Load()
	if err != nil {
		return plan.Plan{}, err
	}
	table, err := ipvs.NewClient()
	if err != nil {
		return plan.Plan{}, err
	}
	defer func() { err = errors.Join(err, table.Close()) }()
	have, err := table.Services(ctx)
	if err != nil {
		return plan.Plan{}, err
	}
	overrides, err := director.FileMemory{Path: filepath.Join(stateDir, overridesName)}.Load()
	if err != nil && !errors.Is(err, director.ErrMemoryCorrupt) { // a daemon would go on without
		return plan.Plan{}, err
	}
	p := plan.New(director.Preview(cfg.Director, have, owned, known(st, overrides)))
	arguments, err := newSettings(table, stateDir, slog.New(slog.DiscardHandler)).differences(ctx, cfg)
	if err != nil {
		return plan.Plan{}, err
	}
	daemons, err := syncChanges(ctx, table, cfg, false, func(instance string) bool {
		return slices.ContainsFunc(st.VRRPInstances, func(v api.VRRPInstance) bool {
			return v.Name == instance && v.State == vrrp.Master.String()
		})
	})
	p.Settings = append(append(p.Settings, arguments...), daemons...)
	return p, err
}

// known is what a running daemon says of its real servers, and what operators
// have said of them, which a daemon that starts will remember.
func known(st api.Status, overrides []director.Overridden) func(virtual string, addr netip.AddrPort) director.Known {
	type server struct{ virtual, real string }
	servers := make(map[server]director.Known)
	for _, v := range st.VirtualServers {
		for _, r := range v.RealServers {
			k := director.Known{Configured: r.ConfiguredWeight, Effective: r.EffectiveWeight}
			switch r.Health {
			case healthcheck.Up.String():
				k.State = healthcheck.Up
			case healthcheck.Down.String():
				k.State = healthcheck.Down
			}
			servers[server{v.Name, r.Address}] = k
		}
	}
	for _, o := range overrides {
		key := server{o.VirtualServer, plan.Endpoint(o.RealServer)}
		k := servers[key]
		k.Override = o.Override
		servers[key] = k
	}
	return func(virtual string, addr netip.AddrPort) director.Known {
		return servers[server{virtual, plan.Endpoint(addr)}]
	}
}
