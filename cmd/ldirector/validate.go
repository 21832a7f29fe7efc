package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ldirector/ldirector/internal/config"
)

func newValidateCommand(o *options) *cobra.Command {
	var hash bool
	cmd := &cobra.Command{
		Use:   "validate [PATH]",
		Short: "Check a configuration; errors show file, line and snippet",
		Long: `validate reads the configuration and prints every error at once, each with
file, line, snippet and a way out. It looks at the text alone and gives the
same answer on any machine; it changes nothing and needs no privileges.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.config = args[0]
			}
			cfg, err := o.load()
			if err != nil {
				return err
			}
			if hash {
				_, err = fmt.Fprintln(o.stdout, cfg.Hash)
				return err
			}
			_, err = fmt.Fprintf(o.stdout, "%s is valid: %s\n", o.config, summary(cfg))
			return err
		},
	}
	cmd.Flags().BoolVar(&hash, "hash", false, "print nothing but the hash of a valid configuration; status --json has that of the running one")
	return cmd
}

func summary(cfg *config.Config) string {
	services, servers := 0, 0
	for _, vs := range cfg.Director.VirtualServers {
		if !vs.Hidden {
			services++
			servers += len(vs.RealServers)
		}
	}
	return fmt.Sprintf("%s, %s, %s",
		count(services, "virtual server"), count(servers, "real server"), count(len(cfg.VRRP.Instances), "VRRP instance"))
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
