package install

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/ldirector/ldirector/internal/nettest"
)

// build makes the packages of a version, "" for that of the source.
func build(t *testing.T, folder, version string) {
	t.Helper()
	cmd := exec.Command("../../packaging/build", folder)
	cmd.Env = append(os.Environ(), "ARCHES="+runtime.GOARCH, "VERSION="+version)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
}

// TestInstall installs, uses, upgrades and removes the packages under systemd.
// They are in the folders old and new of the folder LDIRECTOR_DIST, or are built.
func TestInstall(t *testing.T) {
	nettest.Require(t, nettest.IPVS, nettest.Ipvsadm, "dpkg", "rpm", "nginx", "curl", "tcpdump", "nft")
	const notHere = 125
	dist := os.Getenv("LDIRECTOR_DIST")
	if dist == "" {
		dist = t.TempDir()
		build(t, filepath.Join(dist, "old"), "")
		build(t, filepath.Join(dist, "new"), "1000.0")
	}
	out, err := exec.Command("./play", filepath.Join(dist, "old"), filepath.Join(dist, "new")).CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == notHere {
		t.Skipf("%s", out)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
