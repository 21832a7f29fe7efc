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

// TestInstall installs, uses and removes the Debian package under systemd. The
// package is in the folder LDIRECTOR_DIST, or is built.
func TestInstall(t *testing.T) {
	nettest.Require(t, nettest.IPVS, nettest.Ipvsadm, "dpkg")
	const notHere = 125
	dist := os.Getenv("LDIRECTOR_DIST")
	if dist == "" {
		dist = t.TempDir()
		build := exec.Command("../../packaging/build", dist)
		build.Env = append(os.Environ(), "ARCHES="+runtime.GOARCH)
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("build: %v\n%s", err, out)
		}
	}
	debs, err := filepath.Glob(filepath.Join(dist, "*.deb"))
	if err != nil || len(debs) != 1 {
		t.Fatalf("packages %q, %v", debs, err)
	}
	out, err := exec.Command("./play", debs[0]).CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == notHere {
		t.Skipf("%s", out)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
