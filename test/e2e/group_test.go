package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/test/lab"
)

// One virtual server is many IPVS services: five addresses, two ports and two
// protocols. They share real servers, probes and quorum.
func TestGroups(t *testing.T) {
	s := newSite(t)
	example := s.Example("groups.hcl")
	probed := make(map[int]*lab.Server)
	for _, n := range []int{31, 32} {
		h, _ := s.backend(n, "-c", example)
		name := fmt.Sprint("r", n)
		probed[n] = h.Serve(":443", name)
		h.ServeUDP(":80", name)
		h.ServeUDP(":443", name)
	}
	d := s.director(1)
	d.Direct(example)
	table := func(servers ...string) string {
		var text strings.Builder
		for _, protocol := range []string{"-t", "-u"} {
			for _, n := range []int{100, 104, 105, 112, 113} {
				for _, port := range []int{80, 443} {
					service := fmt.Sprintf("%s 192.168.25.%d:%d", protocol, n, port)
					fmt.Fprintf(&text, "-A %s -s wlc\n", service)
					for _, server := range servers {
						address, weight, _ := strings.Cut(server, " ")
						fmt.Fprintf(&text, "-a %s -r %s:%d -g -w %s\n", service, address, port, weight)
					}
				}
			}
		}
		return text.String()
	}
	d.AwaitTable(soon, table("192.168.25.31 1", "192.168.25.32 2"))
	awaitVRRP(t, d, "MASTER", "192.168.25.11")
	for _, n := range []int{100, 104, 105, 112, 113} {
		for _, port := range []int{80, 443} {
			for _, network := range []string{"tcp", "udp"} {
				address := fmt.Sprintf("192.168.25.%d:%d", n, port)
				if _, err := s.client.Ask(network, address); err != nil {
					t.Errorf("%s %s: %v", network, address, err)
				}
			}
		}
	}

	// Nobody asks 443 any more but the probes, each two seconds.
	before, start := probed[32].Accepted(), time.Now()
	nettest.Eventually(t, soon, "three more probes", func() error {
		if n := probed[32].Accepted() - before; n < 3 {
			return fmt.Errorf("%d", n)
		}
		return nil
	})
	if took := time.Since(start); took < 3*time.Second {
		t.Errorf("three probes in %v: there are as many as services", took)
	}

	probed[31].Die()
	d.AwaitTable(soon, table("192.168.25.32 2"))
	st := status(t, d)
	if len(st.VirtualServers) != 1 || !st.VirtualServers[0].QuorumUp {
		t.Errorf("one virtual server has its quorum of 2 by one real server: %+v", st.VirtualServers)
	}
	expect(t, s.client.Spread("tcp", "192.168.25.113:443", 4), "r32:4")
}
