package main

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"slices"
	"strconv"
	"sync/atomic"

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
	scripts  atomic.Pointer[config.Notify] // those of cfg, or newer ones
	conn     *vrrp.RawConn
	vips     *netif.VIPs
	instance *vrrp.Instance

	cancel context.CancelFunc
	ended  chan struct{} // nil until start
}

// newRouter opens what an instance needs. moved hears of every transition and
// must not block.
func newRouter(cfg config.VRRPInstance, notifier *notify.Notifier, moved func(vrrp.Transition), log *slog.Logger) (*router, error) {
	conn, err := vrrp.Listen(cfg.Config)
	if err != nil {
		return nil, err
	}
	r := &router{cfg: cfg, conn: conn, vips: netif.NewVIPs(cfg.VirtualAddresses)}
	r.scripts.Store(&cfg.Notify)
	r.instance = vrrp.NewInstance(cfg.Config, conn, r.vips, func(t vrrp.Transition) {
		moved(t)
		for _, command := range commands(*r.scripts.Load(), t) {
			notifier.Send(notify.Event{Object: cfg.Name, Command: command})
		}
	}, log)
	return r, nil
}

// start runs the instance until stop.
func (r *router) start(ctx context.Context, log *slog.Logger) {
	ctx, r.cancel = context.WithCancel(context.WithoutCancel(ctx))
	r.ended = make(chan struct{})
	go func() {
		defer close(r.ended)
		if err := r.instance.Run(ctx); err != nil {
			log.Error("task ended with an error", "task", "VRRP "+r.cfg.Name, "err", err)
		}
	}()
}

// wait closes the router after its instance, which was cancelled or never
// started, has come to its end.
func (r *router) wait() error {
	if r.ended != nil {
		<-r.ended
	}
	return errors.Join(r.conn.Close(), r.vips.Close())
}

// same reports whether an instance can go on when its configuration becomes
// cfg: its scripts may differ.
func (r *router) same(cfg config.VRRPInstance) bool {
	return reflect.DeepEqual(r.cfg.Config, cfg.Config) && slices.Equal(r.cfg.VirtualAddresses, cfg.VirtualAddresses)
}

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
