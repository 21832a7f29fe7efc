package e2e

import (
	"errors"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/internal/nettest"
)

// Timeouts and sysctls are what the configuration says while it says so, and
// what they were before when it no longer does.
func TestTuning(t *testing.T) {
	s := newSite(t)
	d := s.lonely()
	look := func() string {
		return d.Run("ipvsadm", "-L", "--timeout") + d.Run("sysctl", "-n", "net.ipv4.vs.expire_nodest_conn", "net.ipv4.vs.sloppy_tcp")
	}
	is := func(when, want string) {
		t.Helper()
		nettest.Eventually(t, soon, when, func() error {
			if got := look(); got != want {
				return errors.New("it is\n" + got)
			}
			return nil
		})
	}
	before := look()
	const first = `ipvs {
  tcp_timeout     = "1h"
  tcp_fin_timeout = "30s"
  sysctl          = { expire_nodest_conn = 1, sloppy_tcp = 1 }
}`
	config := s.File(first + service)
	p := d.Direct(config)
	is("set", "Timeout (tcp tcpfin udp): 3600 30 300\n1\n1\n")
	if out, code := d.Ldirector("plan", "-c", config); code == 1 || strings.Contains(out, "ipvs") {
		t.Errorf("plan: exit code %d\n%s", code, out)
	}
	rewrite(t, config, strings.NewReplacer("1h", "20m", ", sloppy_tcp = 1", "").Replace(first)+service)
	contains(t, "the answer to reload", reload(t, d), "tcp_timeout", "sloppy_tcp")
	is("changed by reload", "Timeout (tcp tcpfin udp): 1200 30 300\n1\n0\n")
	rewrite(t, config, service)
	reload(t, d)
	is("no longer configured", before)
	rewrite(t, config, first+service)
	reload(t, d)
	is("set again", "Timeout (tcp tcpfin udp): 3600 30 300\n1\n1\n")
	stop(t, p)
	is("stopped", before)
}

// With exclusive the whole table is ours; with on_exit = "keep" it stays, and
// the next run takes it over.
func TestExclusive(t *testing.T) {
	s := newSite(t)
	s.backend(31, vip)
	s.backend(32, vip)
	d := s.lonely()
	d.Run("ipvsadm", "-A", "-t", vip+":81", "-s", "wlc")
	config := s.File(service)
	p := d.Direct(config)
	d.AwaitTable(soon, serviceTable+"\n-A -t 192.168.25.100:81 -s wlc")
	rewrite(t, config, `ipvs {
  exclusive = true
  on_exit   = "keep"
}`+service)
	contains(t, "the answer to reload", reload(t, d), "192.168.25.100:81")
	d.AwaitTable(soon, serviceTable)
	transfer := s.client.Transfer(web)
	stop(t, p)
	d.AwaitTable(0, serviceTable)
	p = d.Direct(config)
	if err := transfer.Continue(); err != nil {
		t.Errorf("the connection to %s broke: %v", transfer.Server, err)
	}
	rewrite(t, config, service)
	reload(t, d)
	stop(t, p)
	if table := d.Table(); table != "" {
		t.Errorf("after on_exit was taken back a stop leaves\n%s", table)
	}
}
