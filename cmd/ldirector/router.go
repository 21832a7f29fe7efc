package main

import (
	"errors"
	"log/slog"
	"slices"
	"strconv"

	"github.com/ldirector/ldirector/internal/config"
	"github.com/ldirector/ldirector/internal/netif"
	"github.com/ldirector/ldirector/internal/notify"
	"github.com/ldirector/ldirector/vrrp"
)

var (
	_ vrrp.Host = (*netif.VIPs)(nil)
	_ vrrp.Conn = (*vrrp.RawConn)(nil)
)

// A router is one VRRP instance with its socket and its addresses.
type router struct {
	cfg      config.VRRPInstance
	conn     *vrrp.RawConn
	vips     *netif.VIPs
	instance *vrrp.Instance
}

func newRouter(cfg config.VRRPInstance, notifier *notify.Notifier, log *slog.Logger) (*router, error) {
	conn, err := vrrp.Listen(cfg.Config)
	if err != nil {
		return nil, err
	}
	r := &router{cfg: cfg, conn: conn, vips: netif.NewVIPs(cfg.VirtualAddresses)}
	r.instance = vrrp.NewInstance(cfg.Config, conn, r.vips, func(t vrrp.Transition) {
		for _, command := range commands(cfg.Notify, t) {
			notifier.Send(notify.Event{Object: cfg.Name, Command: command})
		}
	}, log)
	return r, nil
}

func (r *router) close() error { return errors.Join(r.conn.Close(), r.vips.Close()) }

// commands are the scripts to run for a transition: the one of the new state,
// then the general one with keepalived's arguments.
func commands(n config.Notify, t vrrp.Transition) [][]string {
	var own []string
	state := t.To.String()
	switch t.To {
	case vrrp.Master:
		own = n.Master
	case vrrp.Backup:
		own = n.Backup
	case vrrp.Fault:
		own = n.Fault
	case vrrp.Initialize:
		own, state = n.Stop, "STOP"
	}
	var all [][]string
	if len(own) > 0 {
		all = append(all, own)
	}
	if len(n.Any) > 0 {
		all = append(all, append(slices.Clone(n.Any), "INSTANCE", t.Instance, state, strconv.Itoa(int(t.Priority))))
	}
	return all
}
