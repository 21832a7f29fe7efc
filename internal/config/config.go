package config

import (
	"log/slog"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/internal/alert"
	"github.com/ldirector/ldirector/internal/fwmark"
)

// A Config is everything that a configuration says, checked and with all
// defaults filled in.
type Config struct {
	Global   Global
	IPVS     IPVS
	Director director.Config
	// Marks give packets the marks of virtual servers that have a match.
	Marks []fwmark.Rule
	VRRP  VRRP
	// Alerts says who hears of events, beside the FIFOs and notify commands.
	Alerts alert.Config

	// Probes are the questions that Director asks, each once, but those that
	// are the same for every target, such as healthcheck.TCP. A [Reader] knows
	// them as long as the Config is kept.
	Probes []Probe

	// TrackFiles are the files that file_checks read and instances track.
	TrackFiles []TrackFile

	// KeyFiles hold keys of auth_hmac: [Config.Prepare] reads them.
	KeyFiles []KeyFile

	// AlertFiles are what Alerts need: [Config.Prepare] looks at them.
	AlertFiles []AlertFile

	// Hash stands for the texts of all files and their names without folders:
	// SHA-256, in hexadecimal. What variables are from outside has no part in it, so
	// that directors which differ in them alone have the same.
	Hash string

	// Files holds the text of every file by its name, for [WriteDiagnostics]
	// of the messages that came with the Config; nil if there were none.
	// Passwords in it are replaced by asterisks.
	Files map[string]*hcl.File
}

// Global is the block global: what concerns the daemon as a whole.
type Global struct {
	RouterID   string // name of this director in messages, "" means the host's name
	ScriptUser string // user that runs scripts, "" means the daemon's own
	Log        Log
	API        string // where the daemon listens for commands, "unix:/PATH"
	Metrics    Metrics
	APIGroup   string // group that may send them, "" means the daemon's own
	HTTP       *HTTP  // nil: nobody else may look
}

// Log says what the daemon logs and how.
type Log struct {
	Level  slog.Level
	Format string // "text" or "json"
}

// Metrics bounds what /metrics tells.
type Metrics struct {
	RealServers bool // each of them, not only virtual servers
	MaxSeries   int  // of virtual servers and real servers
}

// Load reads the configuration at path, a file or a directory of which all
// *.hcl files are merged in name order.
//
// Values for variable blocks come from vars, then from those elements of env
// ("KEY=value", as os.Environ gives them) whose key begins with LDIRECTOR_VAR_,
// then from the variable's own default.
//
// The Config is never nil. If the diagnostics have errors, it holds nothing but
// Files.
func Load(path string, vars map[string]string, env []string) (*Config, hcl.Diagnostics) {
	return NewReader().Load(path, vars, env)
}

// load turns sources into a Config. known is what virtual_server blocks are known
// to mean, by their text; diags are what has been found before.
func load(sources []source, known map[digest]*decoded, interner *interner, diags hcl.Diagnostics, vars map[string]string, env []string) (*Config, hcl.Diagnostics) {
	cfg, found, sure := loadOnce(sources, known, interner, slices.Clone(diags), vars, env)
	if sure {
		return cfg, found
	}
	// There is something to say, and messages need whole trees.
	for i := range sources {
		if sources[i].later != nil {
			diags = append(diags, sources[i].parseAll()...)
		}
	}
	cfg, found, _ = loadOnce(sources, nil, interner, diags, vars, env)
	return cfg, found
}

// loadOnce is load with the trees as they are. It is not sure of its answer if
// there are messages about places and some file has not been parsed as a whole.
func loadOnce(sources []source, known map[digest]*decoded, interner *interner, diags hcl.Diagnostics, vars map[string]string, env []string) (_ *Config, _ hcl.Diagnostics, sure bool) {
	l := newLoader(sources, known, interner, diags)
	l.findSecrets()
	l.buildScope(vars, env)
	l.decode()

	sure = !l.failed
	diags = l.finish()
	for _, diag := range diags {
		sure = sure && (diag.Subject == nil || !slices.ContainsFunc(sources, func(s source) bool { return s.later != nil }))
	}
	cfg := l.config // a copy, which does not hold on to the trees
	if diags.HasErrors() {
		cfg = Config{}
	}
	if sure {
		cfg.Files = l.redactedFiles(diags)
	}
	return &cfg, diags, sure
}
