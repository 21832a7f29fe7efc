package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/test/lab"
)

// A full server gets no more connections, until enough of its own have ended or
// it is told to take more.
func TestThresholds(t *testing.T) {
	s := newSite(t)
	s.backend(31, vip)
	s.backend(32, vip)
	d := s.lonely()
	const text = `
ipvs { tcp_fin_timeout = "1s" }
virtual_server "web" {
  address      = "192.168.25.100:80"
  lb_algo      = "rr"
  lb_kind      = "DR"
  real_servers = ["192.168.25.31:80 uthreshold 3 lthreshold 2", "192.168.25.32:80"]
}`
	config := s.File(text)
	d.Direct(config)
	d.AwaitTable(soon, serviceTable)
	contains(t, "the table", strings.Join(strings.Fields(d.Run("ipvsadm", "-Ln", "--thresholds")), " "), "192.168.25.31:80 3 2 ")
	var limited []*lab.Transfer
	open := func(n int) map[string]int {
		got := make(map[string]int)
		for range n {
			transfer := s.client.Transfer(web)
			got[transfer.Server]++
			if transfer.Server == "r31" {
				limited = append(limited, transfer)
			}
		}
		return got
	}
	expect(t, open(10), "r31:3 r32:7")
	for _, transfer := range limited[1:] {
		transfer.Close()
	}
	limited = limited[:1]
	nettest.Eventually(t, soon, "r31 has one connection", func() error {
		if rs := status(t, d).VirtualServers[0].RealServers[0]; rs.Active != 1 || rs.Inactive != 0 {
			return fmt.Errorf("%d active, %d inactive", rs.Active, rs.Inactive)
		}
		return nil
	})
	expect(t, open(6), "r31:2 r32:4")

	rewrite(t, config, strings.Replace(text, "uthreshold 3 lthreshold 2", "uthreshold 5 lthreshold 4", 1))
	contains(t, "the answer to reload", reload(t, d), "uthreshold")
	expect(t, open(8), "r31:2 r32:6")
	for _, transfer := range limited {
		if err := transfer.Continue(); err != nil {
			t.Errorf("a connection to %s: %v", transfer.Server, err)
		}
	}
}
