package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/test/lab"
)

// A connection that was opened through the master goes on through the backup.
// The daemons' roles follow VRRP, and they are gone after the stop.
func TestSyncDaemon(t *testing.T) {
	s := newSite(t)
	example := s.Example("sync-daemon.hcl")
	s.webServers(example)
	d1, d2 := s.director(1), s.director(2)
	d1.Direct(example)
	second := d2.Direct(example, "--var", "priority=90")
	awaitVRRP(t, d1, "MASTER", "192.168.25.11")
	awaitVRRP(t, d2, "BACKUP", "192.168.25.11")
	awaitSync(t, d1, "master sync daemon (mcast=eth0, syncid=51")
	awaitSync(t, d2, "backup sync daemon (mcast=eth0, syncid=51")
	s.client.AwaitAnswer(soon, "tcp", web)
	d2.AwaitTable(soon, `
		-A -t 192.168.25.100:80 -s wlc
		-a -t 192.168.25.100:80 -r 192.168.25.31:80 -g -w 1
		-a -t 192.168.25.100:80 -r 192.168.25.32:80 -g -w 1`)

	transfer := s.client.Transfer(web)
	nettest.Eventually(t, soon, "the backup knows of the connection", func() error {
		if err := transfer.Continue(); err != nil {
			return err
		}
		if known := d2.Run("ipvsadm", "-Lcn"); !strings.Contains(known, transfer.Client()) {
			return fmt.Errorf("it knows of\n%s", known)
		}
		return nil
	})
	d1.Vanish()
	awaitVRRP(t, d2, "MASTER", "192.168.25.12")
	awaitSync(t, d2, "master sync daemon")
	if err := transfer.Continue(); err != nil {
		t.Errorf("the connection to %s broke: %v", transfer.Server, err)
	}
	stop(t, second)
	if left := d2.Run("ipvsadm", "-L", "--daemon"); left != "" {
		t.Errorf("left behind: %s", left)
	}
}

// awaitSync waits until a host has one sync daemon, as ipvsadm shows it.
func awaitSync(t *testing.T, h *lab.Host, want string) {
	t.Helper()
	nettest.Eventually(t, soon, h.Name()+" has a "+want, func() error {
		if got := h.Run("ipvsadm", "-L", "--daemon"); !strings.HasPrefix(got, want) || strings.Count(got, "\n") != 1 {
			return fmt.Errorf("it has %q", got)
		}
		return nil
	})
}
