package e2e

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/test/lab"
)

// patience is for programs that start others for each change.
const patience = 8 * time.Minute

// An imported configuration makes the table that the original program makes of
// the original file.
func TestImportedTables(t *testing.T) {
	for _, program := range []struct {
		name, samples string
		args          func(path, state string) []string
	}{
		{"ldirectord", "*.cf", func(path, _ string) []string {
			return []string{"-d", path, "start"}
		}},
		{"keepalived", "*.conf", func(path, state string) []string {
			return []string{"-n", "-l", "-D", "-C", "-f", path, "-p", state + ".pid", "-c", state + ".checkers.pid"}
		}},
	} {
		samples, err := filepath.Glob(filepath.Join("..", "..", "internal", "migrate", program.name, "testdata", "kernel", program.samples))
		if err != nil {
			t.Fatal(err)
		}
		for _, sample := range samples {
			t.Run(program.name+"/"+filepath.Base(sample), func(t *testing.T) {
				nettest.Require(t, nettest.Feature(program.name))
				s := newSite(t)
				path, err := filepath.Abs(sample)
				if err != nil {
					t.Fatal(err)
				}
				theirs, ours := s.lonely(), s.lonely()
				theirs.Serve("127.0.0.2:7", "alive")
				ours.Serve("127.0.0.2:7", "alive")
				theirs.Start(theirs.Command(program.name, program.args(path, theirs.StateDir())...))
				ours.Direct(s.File(imported(t, ours, s.Program(), program.name, path)))
				awaitSameTable(t, theirs, ours)
			})
		}
	}
}

// imported returns what the program makes of a file.
func imported(t *testing.T, h *lab.Host, program, kind, path string) string {
	t.Helper()
	out, err := h.Command(program, "import", kind, path).Output()
	if err != nil {
		text := ""
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			text = string(exit.Stderr)
		}
		t.Fatalf("import %s %s: %v\n%s", kind, path, err, text)
	}
	return string(out)
}

// awaitSameTable waits until two hosts have the same table, and services in it.
func awaitSameTable(t *testing.T, theirs, ours *lab.Host) {
	t.Helper()
	nettest.Eventually(t, patience, "the same table", func() error {
		want, got := onPurpose(theirs.Table()), ours.Table()
		if want == got && strings.Contains(want, "-A ") {
			return nil
		}
		return fmt.Errorf("theirs\n%s\nours\n%s", want, got)
	})
}

// onPurpose puts into another program's table what is different in ours: under
// mh the director sets mh-fallback, and a mark of IPv4 stays one in a group
// that has marks of IPv6 too, where keepalived 2.2 makes all of them IPv6.
func onPurpose(table string) string {
	return strings.NewReplacer("-s mh -b mh-port", "-s mh -b mh-fallback,mh-port", "-f 3 -6 ", "-f 3 ").Replace(table)
}
