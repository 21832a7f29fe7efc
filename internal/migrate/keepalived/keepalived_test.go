package keepalived

import (
	"context"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
)

// complaints runs keepalived's own test of a configuration. It returns its exit
// code and its messages.
func complaints(t *testing.T, name string) (code int, messages []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "keepalived", "--config-test", "-f", name, "-i", "one", "-l", "-G")
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), strings.Split(strings.TrimSpace(string(out)), "\n")
}

// TestKeepalivedTakesKernelSamples checks that the samples for comparisons with
// the kernel's table mean the same to keepalived.
func TestKeepalivedTakesKernelSamples(t *testing.T) {
	nettest.Require(t, nettest.Keepalived)
	names, err := filepath.Glob("testdata/kernel/*.conf")
	if err != nil || len(names) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, name := range names {
		if code, messages := complaints(t, name); code != 0 {
			t.Errorf("%s: exit code %d: %s", name, code, messages)
		}
	}
}

// TestReportKnowsWhatKeepalivedComplainsAbout checks that wherever keepalived
// finds something in a sample, the report does as well.
func TestReportKnowsWhatKeepalivedComplainsAbout(t *testing.T) {
	nettest.Require(t, nettest.Keepalived)
	place := regexp.MustCompile(`^\((?:([^:]*): )?Line (\d+)\) (.*)`)
	// What depends on the host's interfaces and users is not for the import.
	host := regexp.MustCompile(`doesn't exist|must exist|default user|not found, ignoring`)
	for _, name := range samples(t) {
		_, report, err := Convert(name, Options{ConfigID: "one"})
		if err != nil {
			t.Fatal(err)
		}
		found := make(map[string]bool)
		for _, f := range report.Findings() {
			found[filepath.Base(f.File)+":"+itoa(int64(f.Line))] = true
		}
		_, messages := complaints(t, name)
		for _, m := range messages {
			parts := place.FindStringSubmatch(m)
			if parts == nil || host.MatchString(m) {
				continue
			}
			file := filepath.Base(parts[1])
			if parts[1] == "" {
				file = filepath.Base(name)
			}
			if !found[file+":"+parts[2]] {
				t.Errorf("%s: the report has nothing for: %s", name, m)
			}
		}
	}
}
