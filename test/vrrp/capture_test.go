package vrrp

import (
	"errors"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ldirector/ldirector/internal/nettest"
)

// A capture is everything that VRRP sent over a LAN.
type capture struct {
	t    *testing.T
	tcp  *nettest.Process
	file string
}

func startCapture(t *testing.T, lan *nettest.LAN) *capture {
	t.Helper()
	c := &capture{t: t, file: filepath.Join(t.TempDir(), "lan.pcap")}
	c.tcp = lan.NS.Start(lan.NS.Command("tcpdump", "-Z", "root", "-U", "--immediate-mode", "-n",
		"-i", lan.Bridge(), "-w", c.file, "ip proto 112 or ip6 proto 112"))
	nettest.Eventually(t, soon, "tcpdump listens", func() error {
		if strings.Contains(c.tcp.Output(), "listening on") {
			return nil
		}
		return errors.New(c.tcp.Output())
	})
	return c
}

// An advert is a captured advertisement, as tshark sees it.
type advert struct {
	source   string
	priority string
	ttl, tos string // or hop limit and class
	checksum string // the verdict: 1 is good
	expert   string // what else is wrong
}

// adverts ends the capture and has tshark decode it.
func (c *capture) adverts() []advert {
	c.t.Helper()
	if err := c.tcp.Signal(syscall.SIGINT); err == nil {
		if err := c.tcp.Wait(soon); err != nil {
			c.t.Fatalf("end capture: %v", err)
		}
	}
	args := []string{"-n", "-r", c.file, "-T", "fields", "-E", "separator=|"}
	for _, f := range []string{
		"ip.src", "ipv6.src", "vrrp.prio", "ip.ttl", "ipv6.hlim", "ip.dsfield", "ipv6.tclass", "vrrp.checksum.status", "_ws.expert.message",
	} {
		args = append(args, "-e", f)
	}
	out, err := nettest.New(c.t, "tshark").Command("tshark", args...).Output()
	if err != nil {
		c.t.Fatalf("tshark: %v", err)
	}
	var all []advert
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "|")
		all = append(all, advert{
			source: f[0] + f[1], priority: f[2], ttl: f[3] + f[4], tos: f[5] + f[6], checksum: f[7], expert: f[8],
		})
	}
	return all
}

// checkWire checks what every advertisement has in common.
func checkWire(s *site, adverts []advert) {
	s.t.Helper()
	seen := make(map[string]int)
	for _, a := range adverts {
		seen[a.priority]++
		hops := a.ttl == "255" || s.unicast && s.ipv6 // keepalived's leave with 64 then
		if a.checksum != "1" || !hops || !strings.HasSuffix(a.tos, "c0") || a.expert != "" {
			s.t.Errorf("advertisement %+v", a)
		}
	}
	s.t.Logf("advertisements by priority, with good checksums: %v", seen)
	if seen["150"] == 0 || seen["100"] == 0 || seen["0"] == 0 || len(seen) != 3 {
		s.t.Errorf("advertisements of priorities %v, want 150, 100 and 0", seen)
	}
}
