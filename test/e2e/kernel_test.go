package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
)

// Another program that deletes a server again and again is named, and not raced.
func TestContestedTable(t *testing.T) {
	s := newSite(t)
	s.backend(31, vip)
	s.backend(32, vip)
	d := s.lonely()
	d.Direct(s.File(`ipvs { resync = "1s" }` + service))
	d.AwaitTable(soon, serviceTable)
	rival := d.Start(d.Command("sh", "-c", "while :; do ipvsadm -d -t "+web+" -r 192.168.25.31:80; sleep 0.2; done"))
	nettest.Eventually(t, soon, "the service is contested", func() error {
		if vs := status(t, d).VirtualServers[0]; !vs.Contested {
			return errors.New("it is not")
		}
		return nil
	})
	start, repairs := time.Now(), status(t, d).Table.Repairs
	const more = 3
	nettest.Eventually(t, soon, "it goes on, slowly", func() error {
		if n := status(t, d).Table.Repairs - repairs; n < more {
			return fmt.Errorf("%d repairs", n)
		}
		return nil
	})
	if took := time.Since(start); took < (more-1)*time.Second {
		t.Errorf("%d repairs in %v: the table is raced for", more, took)
	}
	text, _ := d.Ldirector("status")
	contains(t, "status", text, "ANOTHER PROGRAM CHANGES IT")
	if _, err := s.client.Ask("tcp", web); err != nil {
		t.Errorf("meanwhile: %v", err)
	}
	rival.Kill()
	d.AwaitTable(soon, serviceTable)
}

// One scheduler that the kernel does not have takes away its own service alone.
func TestMissingScheduler(t *testing.T) {
	if mounts, err := os.ReadFile("/proc/mounts"); err != nil || !strings.Contains(string(mounts), "overlay / overlay rw,relatime,lowerdir=/ro,") {
		t.Skip("hides a module by a file in /etc/modprobe.d, which only a guest forgets")
	}
	s := newQuietSite(t) // TestSchedulers wants them all
	const hide = "/etc/modprobe.d/ldirector-e2e.conf"
	if err := os.WriteFile(hide, []byte("install ip_vs_fo /bin/false\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(hide) })
	nettest.Eventually(t, soon, "no test before this one left the module", func() error {
		if modules, err := os.ReadFile("/proc/modules"); err != nil || !strings.Contains(string(modules), "ip_vs_fo ") {
			return err
		}
		return exec.Command("rmmod", "ip_vs_fo").Run()
	})
	s.backend(31, vip)
	s.backend(32, vip)
	d := s.lonely()
	d.Direct(s.File(strings.NewReplacer(`"web"`, `"missing"`, `100:80"`, `101:80"`, `"rr"`, `"fo"`).Replace(service) + service))
	d.AwaitTable(soon, serviceTable)
	expect(t, s.client.Spread("tcp", web, 4), "r31:2 r32:2")
	nettest.Eventually(t, soon, "status names what is missing", func() error {
		st := status(t, d)
		if err := st.VirtualServers[0].Error; !strings.Contains(err, "fo") || !strings.Contains(err, "ip_vs_fo") {
			return fmt.Errorf("it says %q", err)
		}
		if err := st.VirtualServers[1].Error; err != "" {
			return fmt.Errorf("of the other service it says %q", err)
		}
		return nil
	})
	if err := os.Remove(hide); err != nil {
		t.Fatal(err)
	}
	d.AwaitTable(2*soon, serviceTable+strings.NewReplacer("100:80", "101:80", "rr", "fo").Replace(serviceTable))
}
