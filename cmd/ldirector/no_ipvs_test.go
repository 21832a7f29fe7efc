package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/internal/nettest"
)

// withoutIPVS skips a test that needs a kernel without IPVS.
func withoutIPVS(t *testing.T) {
	t.Helper()
	nettest.Require(t, nettest.NetNS)
	if _, err := os.Stat("/proc/net/ip_vs"); err == nil || exec.Command("modprobe", "-n", "-q", "ip_vs").Run() == nil {
		t.Skip("this kernel has IPVS")
	}
}

// A daemon that runs without IPVS cannot take over a configuration that needs
// it: it keeps the old one as a whole.
func TestReloadWithoutIPVS(t *testing.T) {
	withoutIPVS(t)
	h := newHost(t)
	good := instance("VI_1", 101, "")
	h.write(good)
	daemon := h.ns.Start(h.play("run"))
	h.awaitStatus("VI_1           MASTER")
	h.write(instance("VI_2", 102, "") + `virtual_server "web" {
  address = "192.0.2.101:80"
  lb_algo = "rr"
  lb_kind = "DR"
  real_server "192.0.2.31" {}
}
`)
	h.says(1, "ip_vs", "plan")
	h.says(1, "ip_vs", "reload")
	h.says(0, "THE LAST RELOAD WAS REFUSED", "status")
	if got := changesOf(daemon.Output()); len(got) != 2 {
		t.Errorf("changes of state: %q", got)
	}
}

// Without the kernel's module the daemon says what to do.
func TestRunWithoutIPVS(t *testing.T) {
	withoutIPVS(t)
	ns := nettest.New(t, "noipvs")
	cmd := ns.Command(os.Args[0], "run", "-c", "../../examples/ipv6-dr.hcl", "--state-dir", t.TempDir())
	cmd.Env = append(os.Environ(), "PLAY_LDIRECTOR=1")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "ip_vs") {
		t.Errorf("err %v\n%s", err, out)
	}
}
