package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/cobra"

	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/config"
)

const (
	defaultConfig   = "/etc/ldirector"
	defaultStateDir = "/run/ldirector"
	socketName      = "ldirector.sock"
)

// errReported ends a command whose findings are on stderr already.
var errReported = errors.New("")

// options are the flags that every command shares.
type options struct {
	config   string
	vars     []string
	socket   string
	stateDir string
	stdout   io.Writer
	stderr   io.Writer
}

func newCommand(stdout, stderr io.Writer) *cobra.Command {
	o := &options{stdout: stdout, stderr: stderr}
	root := &cobra.Command{
		Use:   "ldirector",
		Short: "LVS director with health checking and VRRP",
		Long: `ldirector programs the kernel's IPVS tables from an HCL configuration, probes
real servers and takes them out and back in, moves virtual addresses between
directors by VRRP, and prepares back-ends.

Exit codes: 0 success; 1 error, or (realserver status, doctor) something is
wrong; 2 (plan) there is something to change, (doctor) it could not look. Errors
go to stderr.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetFlagErrorFunc(suggestFlag)
	flags := root.PersistentFlags()
	flags.StringVarP(&o.config, "config", "c", defaultConfig, "configuration `path`: a file, or a directory of *.hcl")
	flags.StringArrayVar(&o.vars, "var", nil, "set a configuration variable (`name=value`, repeatable)")
	flags.StringVar(&o.stateDir, "state-dir", defaultStateDir, "`directory` of the socket and of what is remembered over a restart")
	flags.StringVar(&o.socket, "socket", "", "the daemon's API socket `path` (default: api.listen, else ldirector.sock in the state directory)")
	root.AddCommand(newRunCommand(o), newValidateCommand(o), newPlanCommand(o), newReloadCommand(o), newStatusCommand(o), newEventsCommand(o), newDrainCommand(o), newDisableCommand(o), newEnableCommand(o), newWeightCommand(o), newProbeCommand(o), newVRRPCommand(o), newGuardianCommand(o), newImportCommand(o), newRealserverCommand(o), newGenhashCommand(o), newDoctorCommand(o), newManCommand(), newVersionCommand(o))
	return root
}

// longVar lets -var stand for --var, as the users of other HCL programs expect.
func longVar(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		if a == "-var" || strings.HasPrefix(a, "-var=") {
			a = "-" + a
		}
		out[i] = a
	}
	return out
}

// load reads the configuration; every finding goes to stderr with its snippet.
func (o *options) load() (*config.Config, error) { return o.loadWith(config.NewReader()) }

// loadWith is load with a reader that may be used again.
func (o *options) loadWith(reader *config.Reader) (*config.Config, error) {
	cfg, diags, err := o.read(reader)
	if err != nil {
		return nil, err
	}
	if err := config.WriteDiagnostics(o.stderr, cfg, diags, false); err != nil {
		return nil, err
	}
	if diags.HasErrors() {
		return nil, errReported
	}
	cfg.Files = nil // much memory, for messages only
	return cfg, nil
}

// loadHere is loadWith for a configuration that is to act on this host.
func (o *options) loadHere(reader *config.Reader) (*config.Config, error) {
	cfg, err := o.loadWith(reader)
	if err != nil {
		return nil, err
	}
	diags := cfg.Prepare()
	if err := config.WriteDiagnostics(o.stderr, cfg, diags, false); err != nil {
		return nil, err
	}
	if diags.HasErrors() {
		return nil, errReported
	}
	return cfg, nil
}

// reload is loadHere for a running daemon: errors end in an [*api.ConfigError],
// other findings in the log.
func (o *options) reload(reader *config.Reader, log *slog.Logger) (*config.Config, error) {
	cfg, diags, err := o.read(reader)
	if err != nil {
		return nil, err
	}
	if !diags.HasErrors() {
		diags = append(diags, cfg.Prepare()...)
	}
	var text strings.Builder
	if err := config.WriteDiagnostics(&text, cfg, diags, false); err != nil {
		return nil, err
	}
	if diags.HasErrors() {
		return nil, &api.ConfigError{Text: text.String()}
	}
	if text.Len() > 0 {
		log.Warn("configuration has findings", "config", o.config, "findings", text.String())
	}
	cfg.Files = nil
	return cfg, nil
}

// read reads the configuration with the variables of the command line and the
// environment.
func (o *options) read(reader *config.Reader) (*config.Config, hcl.Diagnostics, error) {
	vars := make(map[string]string, len(o.vars))
	for _, v := range o.vars {
		name, value, ok := strings.Cut(v, "=")
		if !ok {
			return nil, nil, fmt.Errorf("--var %q: write name=value", v)
		}
		vars[name] = value
	}
	cfg, diags := reader.Load(o.config, vars, os.Environ())
	return cfg, diags, nil
}

// socketPath is where the daemon listens and the command line asks. What the
// command line says counts more than the configuration, which may be nil.
func (o *options) socketPath(cfg *config.Config) string {
	switch {
	case o.socket != "":
		return o.socket
	case cfg != nil && o.stateDir == defaultStateDir:
		return strings.TrimPrefix(cfg.Global.API, "unix:")
	default:
		return filepath.Join(o.stateDir, socketName)
	}
}

func newVersionCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(o.stdout, "ldirector", version)
			return err
		},
	}
}
