package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	systemd "github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"
)

func newRunCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Run the director in the foreground",
		Long: `run takes over the IPVS services it finds, makes the table what the
configuration says, and keeps it so until SIGTERM or SIGINT. Then it gives up
its virtual addresses and removes its services and files; with
ipvs { on_exit = "keep" } the services stay. A second signal ends it at once.

It logs to stderr and tells systemd when it is ready (Type=notify).`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := o.load()
			if err != nil {
				return err
			}
			log := newLogger(o.stderr, cfg.Global.Log, os.Getenv("JOURNAL_STREAM") != "")
			if cfg.Global.RouterID != "" {
				log = log.With("router_id", cfg.Global.RouterID)
			} else if cfg.Global.RouterID, err = os.Hostname(); err != nil {
				return err
			}
			if err := preflight(len(cfg.VRRP) > 0); err != nil {
				return err
			}
			d, err := newDaemon(cfg, o.stateDir, o.socketPath(cfg), log)
			if err != nil {
				return err
			}
			defer ignoreHangup(cmd.Context(), log)()
			log.Info("ldirector starts", "version", version, "config", o.config)
			return d.run(cmd.Context(), tellSystemd(log))
		},
	}
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

// ignoreHangup keeps SIGHUP, which means reload to keepalived's users, from
// ending the daemon.
func ignoreHangup(ctx context.Context, log *slog.Logger) (stop func()) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-hangups:
				log.Warn("SIGHUP ignored: a changed configuration is loaded by a restart")
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
