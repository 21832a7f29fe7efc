package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/cobra"

	"github.com/ldirector/ldirector/internal/config"
	"github.com/ldirector/ldirector/internal/migrate"
	"github.com/ldirector/ldirector/internal/migrate/keepalived"
	"github.com/ldirector/ldirector/internal/migrate/ldirectord"
)

// A converter makes a document of another program's configuration.
type converter func(path string) (*migrate.Document, *migrate.Report, error)

func newImportCommand(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import",
		Short: "Write a configuration from one of keepalived or ldirectord",
		Long: `import reads another program's configuration and writes one for ldirector, to
stdout or a file. A report on stderr lists what had to be assumed, every
default that was made explicit, and what this version cannot do: that is in the
output as comments. Nothing is dropped silently. What cannot be understood is
an error, and then there is no output.`,
	}
	cmd.AddCommand(newImportKeepalivedCommand(o), newImportLdirectordCommand(o))
	return group(cmd)
}

func newImportKeepalivedCommand(o *options) *cobra.Command {
	var id string
	cmd := newConvertCommand(o, "keepalived", "Import a keepalived.conf", func(path string) (*migrate.Document, *migrate.Report, error) {
		return keepalived.Convert(path, keepalived.Options{ConfigID: id, Language: thisLanguage()})
	})
	cmd.Flags().StringVar(&id, "config-id", "", "take the lines for this `id` (keepalived's --config-id)")
	return cmd
}

func newImportLdirectordCommand(o *options) *cobra.Command {
	return newConvertCommand(o, "ldirectord", "Import an ldirectord.cf", func(path string) (*migrate.Document, *migrate.Report, error) {
		return ldirectord.Convert(path, ldirectord.Options{Language: thisLanguage()})
	})
}

// thisLanguage is what this version can say.
func thisLanguage() migrate.Language {
	return migrate.Language{Knows: config.NewLanguage().Knows, Check: problems}
}

// problems returns what is wrong with a configuration.
func problems(text []byte) []migrate.Problem {
	path, err := temporary(text)
	if err != nil {
		return []migrate.Problem{{Text: err.Error()}}
	}
	defer func() { _ = os.Remove(path) }()
	var found []migrate.Problem
	_, diags := config.Load(path, nil, nil)
	for _, diag := range diags {
		if diag.Severity != hcl.DiagError {
			continue
		}
		p := migrate.Problem{Text: strings.ReplaceAll(diag.Detail, path+":", "line ")}
		if diag.Subject != nil {
			p.Line = diag.Subject.Start.Line
		}
		found = append(found, p)
	}
	return found
}

// temporary writes text to a file of its own, which it may be loaded from.
func temporary(text []byte) (path string, err error) {
	f, err := os.CreateTemp("", "ldirector-import-*.hcl")
	if err != nil {
		return "", err
	}
	_, err = f.Write(text)
	return f.Name(), errors.Join(err, f.Close())
}

func newConvertCommand(o *options, name, short string, convert converter) *cobra.Command {
	var output string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   name + " FILE",
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			doc, report, err := convert(args[0])
			if err != nil && !errors.Is(err, migrate.ErrNotImported) {
				return err
			}
			write := report.WriteText
			if asJSON {
				write = report.WriteJSON
			}
			if err := write(o.stderr); err != nil {
				return err
			}
			if err != nil {
				return errReported
			}
			return writeOutput(o.stdout, output, doc.Bytes())
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to this `file`, which must not hold a configuration yet (default: stdout)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON")
	return cmd
}

// writeOutput writes to stdout, or to a file that holds no configuration yet, for
// which it makes the directory. A new file has the directory's group: in
// /etc/ldirector that is who reads it.
func writeOutput(stdout io.Writer, path string, data []byte) error {
	if path == "" {
		_, err := stdout.Write(data)
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	old, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return writeNew(path, data)
	case err != nil:
		return err
	case !onlyComments(old):
		return fmt.Errorf("%s holds a configuration already: move it away, or write to another file", path)
	}
	return os.WriteFile(path, data, 0o640) // the package's own: owner and mode stay
}

// onlyComments reports whether a file of the language says nothing.
func onlyComments(text []byte) bool {
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return false
		}
	}
	return true
}

func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return err
	}
	if dir, err := os.Stat(filepath.Dir(path)); err == nil {
		if st, ok := dir.Sys().(*syscall.Stat_t); ok {
			_ = f.Chown(-1, int(st.Gid)) // who may not give it away owns it alone
		}
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}
