package packaging

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/internal/config"
	"github.com/ldirector/ldirector/internal/nettest"
)

// build makes the packages for this architecture and returns their folder.
func build(t *testing.T) string {
	t.Helper()
	out := t.TempDir()
	cmd := exec.Command("./build", out)
	cmd.Env = append(os.Environ(), "ARCHES="+runtime.GOARCH, "SOURCE_DATE_EPOCH=1700000000", "VERSION=1.2.3")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, text)
	}
	return out
}

// sums returns the checksum of each file in a folder.
func sums(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		sum := sha256.Sum256(data)
		all[filepath.Base(path)] = hex.EncodeToString(sum[:])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestBuildTwice says that the same source gives the same bytes, and looks into
// them.
func TestBuildTwice(t *testing.T) {
	nettest.Require(t, "dpkg", "rpm")
	first := build(t)
	had := sums(t, first)
	for _, suffix := range []string{".deb", ".rpm", ".tar.gz", ".cdx.json", "SHA256SUMS"} {
		found := false
		for name := range had {
			found = found || strings.HasSuffix(name, suffix)
		}
		if !found {
			t.Errorf("there is no %s: %v", suffix, had)
		}
	}
	if diff := cmp.Diff(had, sums(t, build(t))); diff != "" {
		t.Errorf("built twice (-first +second):\n%s", diff)
	}
	testDeb(t, first)
	testRPM(t, first)
}

// testRPM looks for what differs in the other package.
func testRPM(t *testing.T, dir string) {
	t.Helper()
	rpms, err := filepath.Glob(filepath.Join(dir, "*.rpm"))
	if err != nil || len(rpms) != 1 {
		t.Fatalf("packages %q, %v", rpms, err)
	}
	ask := func(args ...string) string {
		t.Helper()
		out, err := exec.Command("rpm", append(append([]string{"-q"}, args...), "-p", rpms[0])...).Output()
		if err != nil {
			t.Fatalf("rpm -q %q: %v", args, err)
		}
		return string(out)
	}
	if got := ask("--qf", "%{NAME} %{VERSION} %{BUILDHOST} %{LICENSE}"); got != "ldirector 1.2.3 ldirector Apache-2.0" {
		t.Errorf("it is %q", got)
	}
	if got := ask("--configfiles"); got != "/etc/ldirector/ldirector.hcl\n" {
		t.Errorf("configuration files %q", got)
	}
	files := ask("--list")
	for _, name := range []string{"/usr/bin/ldirector", "/usr/lib/systemd/system/ldirector.service", "/usr/share/zsh/site-functions/_ldirector"} {
		if !strings.Contains(files, name+"\n") {
			t.Errorf("no %s in\n%s", name, files)
		}
	}
	scripts := ask("--scripts")
	for _, name := range []string{"preinstall", "postinstall", "preuninstall", "postuninstall"} {
		if !strings.Contains(scripts, name+" scriptlet (using /bin/sh)") {
			t.Errorf("no %s in\n%s", name, scripts)
		}
	}
}

// testDeb looks for what everybody needs of a package.
func testDeb(t *testing.T, dir string) {
	t.Helper()
	debs, err := filepath.Glob(filepath.Join(dir, "*.deb"))
	if err != nil || len(debs) != 1 {
		t.Fatalf("packages %q, %v", debs, err)
	}
	root := t.TempDir()
	if text, err := exec.Command("dpkg-deb", "-x", debs[0], root).CombinedOutput(); err != nil {
		t.Fatalf("dpkg-deb: %v\n%s", err, text)
	}
	for _, name := range []string{
		"etc/ldirector/ldirector.hcl", "usr/lib/systemd/system/ldirector.service", "usr/lib/systemd/system/ldirector-realserver.service",
		"usr/lib/sysusers.d/ldirector.conf", "usr/share/man/man8/ldirector.8.gz", "usr/share/man/man8/ldirector-doctor.8.gz",
		"usr/share/bash-completion/completions/ldirector", "usr/share/doc/ldirector/sbom.cdx.json", "usr/share/doc/ldirector/copyright",
	} {
		if info, err := os.Stat(filepath.Join(root, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	program := filepath.Join(root, "usr/bin/ldirector")
	if text, err := exec.Command(program, "version").CombinedOutput(); err != nil || string(text) != "ldirector 1.2.3\n" {
		t.Errorf("version: %s%v", text, err)
	}
	if text, err := exec.Command(program, "validate", filepath.Join(root, "etc/ldirector")).CombinedOutput(); err != nil {
		t.Errorf("the default configuration: %v\n%s", err, text)
	}
}

// TestUnits asks systemd whether it understands every word of the units.
func TestUnits(t *testing.T) {
	nettest.Require(t, "systemd-analyze")
	files, err := filepath.Glob("systemd/*.service")
	if err != nil || len(files) == 0 {
		t.Fatalf("units %q, %v", files, err)
	}
	args := []string{"verify", "--man=no"}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		unit := filepath.Join(t.TempDir(), filepath.Base(file))
		// The program is not installed here.
		if err := os.WriteFile(unit, []byte(strings.ReplaceAll(string(text), "/usr/bin/ldirector ", "/bin/true ")), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, unit)
	}
	out, _ := exec.Command("systemd-analyze", args...).CombinedOutput() // it also judges the host's units
	for line := range strings.Lines(string(out)) {
		for _, file := range files {
			if strings.Contains(line, filepath.Base(file)) {
				t.Error(line)
			}
		}
	}
}

// TestExampleInDefaultConfiguration says that what the default configuration has
// as a comment is right when it is none any more.
func TestExampleInDefaultConfiguration(t *testing.T) {
	text, err := os.ReadFile("ldirector.hcl")
	if err != nil {
		t.Fatal(err)
	}
	_, example, ok := strings.Cut(string(text), "\n\n")
	if !ok {
		t.Fatal("no paragraph after the introduction")
	}
	var b strings.Builder
	for line := range strings.Lines(example) {
		b.WriteString(strings.TrimPrefix(strings.TrimPrefix(line, "#"), " "))
	}
	file := filepath.Join(t.TempDir(), "example.hcl")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, diags := config.Load(file, nil, nil)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	if len(cfg.Director.VirtualServers) != 1 || len(cfg.VRRP.Instances) != 1 {
		t.Errorf("it has %d virtual servers and %d instances", len(cfg.Director.VirtualServers), len(cfg.VRRP.Instances))
	}
}
