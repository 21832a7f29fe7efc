package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/internal/nettest"
)

// Without the kernel's module the daemon says what to do.
func TestRunWithoutIPVS(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	if _, err := os.Stat("/proc/net/ip_vs"); err == nil || exec.Command("modprobe", "-n", "-q", "ip_vs").Run() == nil {
		t.Skip("this kernel has IPVS")
	}
	ns := nettest.New(t, "noipvs")
	cmd := ns.Command(os.Args[0], "run", "-c", "../../examples/ipv6-dr.hcl", "--state-dir", t.TempDir())
	cmd.Env = append(os.Environ(), "PLAY_LDIRECTOR=1")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "ip_vs") {
		t.Errorf("err %v\n%s", err, out)
	}
}
