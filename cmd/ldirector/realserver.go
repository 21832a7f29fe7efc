package main

import (
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/internal/config"
	"github.com/ldirector/ldirector/realserver"
)

const realserverState = "realserver.json"

// backEnd are the flags of the realserver commands.
type backEnd struct {
	*options
	host   realserver.Host
	serves netip.Addr // --for; not valid: every back-end's
	tunnel bool
}

func newRealserverCommand(o *options) *cobra.Command {
	b := &backEnd{options: o, host: realserver.NewHost()}
	var serves string
	cmd := &cobra.Command{
		Use:   "realserver",
		Short: "Prepare this host as a back-end of DR and TUN services, and undo it",
		Long: `realserver puts virtual addresses on lo and makes the host quiet about them in
ARP (arp_ignore=1, arp_announce=2 on lo and all), as back-ends of DR and TUN
services need it. What was there before is remembered and put back by down.

The addresses are the arguments. Without arguments they are those of the DR
and TUN services of the configuration: with --for, only of those that the
back-end with this address serves. Services with lb_kind TUN, or --tunnel, also
bring up the tunnel device.`,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if serves == "" {
				return nil
			}
			var err error
			if b.serves, err = netip.ParseAddr(serves); err != nil {
				return fmt.Errorf("--for %q: give the back-end's IP address as in real_server", serves)
			}
			return nil
		},
	}
	flags := cmd.PersistentFlags()
	flags.StringVar(&serves, "for", "", "take the services that the back-end with this `address` serves")
	flags.BoolVar(&b.tunnel, "tunnel", false, "the addresses given as arguments are reached through IP-in-IP tunnels (TUN)")
	cmd.AddCommand(b.upCommand(), b.downCommand(), b.statusCommand())
	return group(cmd)
}

func (b *backEnd) upCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "up [VIP...]",
		Short: "Add the virtual addresses and quieten ARP; harmless when done already",
		RunE: func(_ *cobra.Command, args []string) error {
			cfg, err := b.wanted(args)
			if err != nil {
				return err
			}
			if err := realserver.Up(b.host, cfg); err != nil {
				return err
			}
			for _, a := range cfg.Addresses {
				fmt.Fprintf(b.stdout, "%s is up\n", a)
			}
			return nil
		},
	}
}

func (b *backEnd) downCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "down [VIP...]",
		Short: "Remove what up added, and put back what it changed",
		Long: `down removes the given virtual addresses, or all that up has added, as far as
up added them. With the last one the ARP settings go back to what they were.`,
		RunE: func(_ *cobra.Command, args []string) error {
			cfg := b.base()
			if len(args) > 0 || b.serves.IsValid() {
				var err error
				if cfg, err = b.wanted(args); err != nil {
					return err
				}
			}
			return realserver.Down(b.host, cfg)
		},
	}
}

func (b *backEnd) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status [VIP...]",
		Short: "Say what is missing; exit code 1 if anything is",
		RunE: func(_ *cobra.Command, args []string) error {
			cfg, err := b.wanted(args)
			if err != nil {
				return err
			}
			report, err := realserver.Status(b.host, cfg)
			if err != nil {
				return err
			}
			if report.OK() {
				_, err := fmt.Fprintf(b.stdout, "ready for %s\n", list(cfg.Addresses))
				return err
			}
			for _, m := range report.Missing {
				fmt.Fprintln(b.stdout, m)
			}
			return errReported
		},
	}
}

func (b *backEnd) base() realserver.Config {
	return realserver.Config{StateFile: filepath.Join(b.stateDir, realserverState)}
}

// wanted are the addresses of the arguments or, without any, of the configuration.
func (b *backEnd) wanted(args []string) (realserver.Config, error) {
	cfg := b.base()
	if len(args) == 0 {
		loaded, err := b.load()
		if err != nil {
			return cfg, err
		}
		return b.fromConfig(cfg, loaded)
	}
	if b.serves.IsValid() {
		return cfg, errors.New("--for picks addresses from the configuration: leave the arguments out, or leave out --for")
	}
	cfg.Tunnel = b.tunnel
	for _, arg := range args {
		a, err := netip.ParseAddr(arg)
		if err != nil {
			return cfg, fmt.Errorf("%q is no IP address: give virtual addresses, without prefix length", arg)
		}
		cfg.Addresses = append(cfg.Addresses, a)
	}
	return cfg, nil
}

// fromConfig takes the addresses of the DR and TUN services that the back-end serves.
func (b *backEnd) fromConfig(cfg realserver.Config, loaded *config.Config) (realserver.Config, error) {
	marked := false
	for _, vs := range loaded.Director.VirtualServers {
		for _, rs := range vs.RealServers {
			d := rs.Destination
			if b.serves.IsValid() && d.Addr.Addr() != b.serves || d.Forward == ipvs.NAT {
				continue
			}
			cfg.Tunnel = cfg.Tunnel || d.Forward == ipvs.Tunnel
			for _, key := range vs.Keys {
				marked = marked || key.FWMark != 0
				if key.FWMark == 0 && !slices.Contains(cfg.Addresses, key.Addr) {
					cfg.Addresses = append(cfg.Addresses, key.Addr)
				}
			}
		}
	}
	switch {
	case len(cfg.Addresses) > 0:
		return cfg, nil
	case marked:
		return cfg, fmt.Errorf("the DR and TUN services of %s are for firewall marks, which say no addresses: give these as arguments, or make whole networks this host's own (ip route add local PREFIX dev lo)", b.config)
	case b.serves.IsValid():
		return cfg, fmt.Errorf("no DR or TUN service of %s has the real server %s; back-ends of NAT services need no preparation", b.config, b.serves)
	default:
		return cfg, fmt.Errorf("%s has no DR or TUN service; back-ends of NAT services need no preparation", b.config)
	}
}

func list(addrs []netip.Addr) string {
	words := make([]string, len(addrs))
	for i, a := range addrs {
		words[i] = a.String()
	}
	return strings.Join(words, ", ")
}
