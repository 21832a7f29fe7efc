package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/internal/nettest"
)

// Scripts hear of every change of state, in order, with keepalived's
// arguments; the last one when the daemon stops. IPVS is not touched without
// virtual servers.
func TestNotifyScripts(t *testing.T) {
	s := newSite(t)
	d := s.director(1)
	heard := filepath.Join(t.TempDir(), "heard")
	script := filepath.Join(t.TempDir(), "notify")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nfile=$1; shift; echo \"$*\" >>\"$file\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	p := d.Direct(s.File(fmt.Sprintf(`
vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  version           = 3
  advert_int        = "100ms"
  virtual_ipaddress = ["192.168.25.100/24"]
  notify_master     = [%[1]q, %[2]q, "we are master"]
  notify_stop       = "%[1]s %[2]s 'we stop'"
  notify            = [%[1]q, %[2]q]
}`, script, heard)))
	awaitVRRP(t, d, "MASTER", "192.168.25.11")
	stop(t, p)
	text, err := os.ReadFile(heard)
	if err != nil {
		t.Fatal(err)
	}
	want := `INSTANCE VI_1 BACKUP 100
we are master
INSTANCE VI_1 MASTER 100
we stop
INSTANCE VI_1 STOP 100
`
	if string(text) != want {
		t.Errorf("heard\n%s\nwant\n%s", text, want)
	}
	if d.HasAddress(vip) {
		t.Error("the address is still there")
	}
}

// The service manager is told when the daemon is ready and when it stops.
func TestSystemdNotify(t *testing.T) {
	s := newSite(t)
	d := s.lonely()
	path := filepath.Join(t.TempDir(), "notify.sock")
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { manager.Close() })
	cmd := d.Command(s.Program(), "run", "-c", s.File(service), "--state-dir", d.StateDir())
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+path)
	p := d.Start(cmd)
	hears := func(want string) {
		t.Helper()
		buf := make([]byte, 100)
		n, err := manager.Read(buf)
		if err != nil || string(buf[:n]) != want {
			t.Errorf("the service manager heard %q, want %q (%v)", buf[:n], want, err)
		}
	}
	hears("READY=1")
	if out, code := d.Ldirector("status"); code != 0 {
		t.Errorf("ready, but: %s", out)
	}
	stop(t, p)
	hears("STOPPING=1")
}

// The status says what the daemon does in words and in JSON.
func TestStatus(t *testing.T) {
	s := newSite(t)
	example := s.Example("dr-pair.hcl")
	s.webServers(example)
	d := s.director(1)
	d.Direct(example)
	d.AwaitTable(soon, drTable)
	awaitVRRP(t, d, "MASTER", "192.168.25.11")
	s.client.Spread("tcp", web, 3)
	out, code := d.Ldirector("status")
	for _, want := range []string{"web  TCP 192.168.25.100:80  wrr  ok, quorum 1, live weight 3", "192.168.25.32:80  DR      up     2", "VI_1", "MASTER"} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("exit code %d, want %q in\n%s", code, want, out)
		}
	}
	nettest.Eventually(t, soon, "connections in the status", func() error {
		total := uint32(0)
		for _, rs := range status(t, d).VirtualServers[0].RealServers {
			if rs.LastProbe == nil {
				return fmt.Errorf("no last probe of %s", rs.Address)
			}
			total += rs.Active + rs.Inactive
		}
		if total != 3 {
			return fmt.Errorf("%d connections", total)
		}
		return nil
	})
}
