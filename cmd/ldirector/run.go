package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	systemd "github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"

	"github.com/ldirector/ldirector/internal/config"
)

func newRunCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Run the director in the foreground",
		Long: `run takes over the IPVS services it finds, makes the table what the
configuration says, and keeps it so until SIGTERM or SIGINT. Then it gives up
its virtual addresses and removes its services and files; with
ipvs { on_exit = "keep" } the services stay. A second signal ends it at once.

SIGUSR2 ends it, too, but leaves addresses, services and settings as they are to
the next one: VRRP goes on meanwhile, for half a minute at most. systemctl
restart does that, and SIGUSR2 and another start do it without systemd.

SIGHUP reloads the configuration, as the command reload does. It logs to stderr
and tells systemd when it is ready, reloads and stops, and that it is alive
(Type=notify, WatchdogSec).`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			keepPagesSmall()
			settle := relaxCollector()
			reader := config.NewReader()
			cfg, err := o.loadHere(reader)
			if err != nil {
				return err
			}
			level := new(slog.LevelVar)
			level.Set(cfg.Global.Log.Level)
			log := newLogger(o.stderr, cfg.Global.Log.Format, level, os.Getenv("JOURNAL_STREAM") != "")
			if cfg.Global.RouterID != "" {
				log = log.With("router_id", cfg.Global.RouterID)
			}
			if err := nameRouter(cfg); err != nil {
				return err
			}
			if err := preflight(len(cfg.VRRP.Instances) > 0); err != nil {
				return err
			}
			at := place{config: o.config, stateDir: o.stateDir, socket: o.socketPath(cfg), read: func() (*config.Config, error) {
				cfg, err := o.reload(reader, log)
				if err != nil {
					return nil, err
				}
				return cfg, nameRouter(cfg)
			}}
			d, err := newDaemon(cmd.Context(), cfg, at, log, level)
			if err != nil {
				return err
			}
			d.settle = settle
			if d.watchdog, err = systemd.SdWatchdogEnabled(false); err != nil {
				log.Warn("service manager's watchdog not fed", "err", err)
			}
			leaves := make(chan os.Signal, 1)
			signal.Notify(leaves, syscall.SIGUSR2)
			defer signal.Stop(leaves)
			d.leaves = leaves
			defer onHangup(cmd.Context(), d.hangup)()
			log.Info("ldirector starts", "version", version, "config", o.config)
			return d.run(cmd.Context(), tellSystemd(log))
		},
	}
}

// nameRouter names the director after its host if the configuration does not.
func nameRouter(cfg *config.Config) (err error) {
	if cfg.Global.RouterID == "" {
		cfg.Global.RouterID, err = os.Hostname()
	}
	return err
}

// tellSystemd returns a function that sends a state to the service manager; it
// does nothing where there is none.
func tellSystemd(log *slog.Logger) func(string) {
	return func(state string) {
		if _, err := systemd.SdNotify(false, state); err != nil {
			log.Warn("service manager not told", "state", state, "err", err)
		}
	}
}

// onHangup calls reload at each SIGHUP, which means that to keepalived's users,
// until stop.
func onHangup(ctx context.Context, reload func(context.Context)) (stop func()) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-hangups:
				reload(ctx)
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() {
		signal.Stop(hangups)
		cancel()
		<-done
	}
}
