package main

import (
	"context"
	"fmt"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/config"
	"github.com/ldirector/ldirector/internal/plan"
	"github.com/ldirector/ldirector/internal/syncdaemon"
)

// syncChanges lists what a configuration changes of the kernel's sync daemons.
// ours tells whether those that run belong to us, so that none may be wanted;
// master tells whether a VRRP instance is.
func syncChanges(ctx context.Context, kernel syncdaemon.Kernel, cfg *config.Config, ours bool, master func(instance string) bool) ([]plan.Argument, error) {
	s := cfg.IPVS.SyncDaemon
	if s == nil && !ours {
		return nil, nil
	}
	have, err := kernel.SyncDaemons(ctx)
	if err != nil {
		return nil, err
	}
	var arguments []plan.Argument
	for _, c := range syncdaemon.Diff(have, syncdaemon.Desired(s, s != nil && master(s.VRRPInstance))) {
		a := plan.Argument{From: syncText(c.Have), To: syncText(c.Want)}
		role := c.Want
		if role == nil {
			role = c.Have
		}
		a.Name = "sync_daemon " + role.Role.String()
		arguments = append(arguments, a)
	}
	return arguments, nil
}

// syncText is the settings of a daemon as one value, "" for none.
func syncText(d *ipvs.SyncDaemon) string {
	if d == nil {
		return ""
	}
	c := d.Canonical()
	return fmt.Sprintf("{ interface = %q, id = %d, group = %q, port = %d, ttl = %d }", c.Interface, c.ID, c.Group, c.Port, c.TTL)
}

// syncStatus is what the API says about the sync daemons.
func (b *balancer) syncStatus() api.SyncDaemon {
	st := b.sync.Status()
	out := api.SyncDaemon{Roles: []string{}}
	for _, d := range st.Running {
		out.Roles = append(out.Roles, d.Role.String())
	}
	if st.Err != nil {
		out.Error = st.Err.Error()
	}
	return out
}
