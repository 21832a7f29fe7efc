package e2e

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/test/lab"
)

// viaService is probed on two ways: web as clients ask, plain as keepalived does.
const viaService = `
virtual_server "web" {
  address    = "%[1]s"
  lb_algo    = "rr"
  lb_kind    = "%[2]s"
  delay_loop = "1s"
  tcp_check {
    via             = "%[3]s"
    connect_timeout = "2s"
    retry           = 1
  }
  real_servers = [%[4]s]
}
virtual_server "plain" {
  address    = "%[5]s"
  lb_algo    = "rr"
  lb_kind    = "%[2]s"
  delay_loop = "1s"
  tcp_check { connect_timeout = "2s" }
  real_servers = [%[6]s]
}
virtual_server "udp" {
  address    = "%[7]s"
  protocol   = "UDP"
  lb_algo    = "rr"
  lb_kind    = "%[2]s"
  delay_loop = "1s"
  udp_check {
    via             = "%[3]s"
    connect_timeout = "2s"
    retry           = 1
    payload         = "3f"
    require_reply   = true
  }
  real_servers = [%[8]s]
}
`

// A back-end that has forgotten the virtual address is found out by probes
// through the forwarding path, from a director that has the address and from
// one that has not, and not by others.
func TestChecksThroughTheForwardingPath(t *testing.T) {
	for _, tt := range []struct{ name, kind, via, vip, prefix string }{
		{"IPv4 DR", "DR", "vip", vip, "192.168.25."},
		{"IPv4 TUN", "TUN", "tunnel", vip, "192.168.25."},
		{"IPv6 DR", "DR", "vip", "2001:db8:25::100", "2001:db8:25::"},
		{"IPv6 TUN", "TUN", "vip", "2001:db8:25::100", "2001:db8:25::"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			servers := func(port int) string {
				return fmt.Sprintf("%q, %q", join(tt.prefix+"31", port), join(tt.prefix+"32", port))
			}
			config := s.File(fmt.Sprintf(viaService, join(tt.vip, 80), tt.kind, tt.via, servers(80), join(tt.vip, 8080), servers(8080), join(tt.vip, 53), servers(53)))
			var backends []*lab.Host
			for _, n := range []int{31, 32} {
				prepare := []string{"-c", config, "--for", tt.prefix + fmt.Sprint(n)}
				h, _ := s.backend(n, prepare...)
				h.Serve(":8080", fmt.Sprint("r", n))
				h.ServeUDP(":53", fmt.Sprint("r", n))
				backends = append(backends, h)
			}
			master := s.Host("d1", s.lan, "192.168.25.11/24", "2001:db8:25::11/64")
			master.Run("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=1", "net.ipv4.conf.eth0.rp_filter=1")
			master.Run("sh", "-c", addresses([]string{tt.vip}))
			backup := s.Host("d2", s.lan, "192.168.25.12/24", "2001:db8:25::12/64")
			directors := []*lab.Host{master, backup}
			daemon := master.Direct(config)
			backup.Direct(config)
			await := func(web, plain string) {
				t.Helper()
				for _, d := range directors {
					awaitServers(t, d, "-t "+join(tt.vip, 80), tt.prefix, web)
					awaitServers(t, d, "-t "+join(tt.vip, 8080), tt.prefix, plain)
					awaitServers(t, d, "-u "+join(tt.vip, 53), tt.prefix, web)
				}
			}
			await("31 32", "31 32")
			expect(t, s.client.Spread("tcp", join(tt.vip, 80), 10), "r31:5 r32:5")

			backends[1].Run("ip", "address", "flush", "to", tt.vip)
			await("31", "31 32")
			expect(t, s.client.Spread("tcp", join(tt.vip, 80), 4), "r31:4")
			for _, v := range status(t, master).VirtualServers {
				if v.Name == "web" && !strings.HasPrefix(v.RealServers[1].Reason, "tcp_check: ") || len(v.RealServers) != 2 {
					t.Errorf("status of %s: %+v", v.Name, v.RealServers)
				}
			}
			backends[1].Prepare("-c", config, "--for", tt.prefix+"32")
			await("31 32", "31 32")
			expect(t, s.client.Spread("tcp", join(tt.vip, 80), 10), "r31:5 r32:5")

			stop(t, daemon)
			if got := master.Table(); got != "" {
				t.Errorf("the table after the end:\n%s", got)
			}
			settings := master.Run("sysctl", "-n", "net.ipv4.conf.eth0.rp_filter", "net.ipv4.conf.eth0.accept_local")
			if got := strings.Join(strings.Fields(settings), " "); got != "1 0" {
				t.Errorf("rp_filter and accept_local after the end: %s", got)
			}
		})
	}
}

// awaitServers waits until the real servers of a service, "-t 192.0.2.1:80", end
// with these numbers.
func awaitServers(t *testing.T, d *lab.Host, service, prefix, want string) {
	t.Helper()
	nettest.Eventually(t, soon, fmt.Sprintf("%s of %s has %s", service, d.Name(), want), func() error {
		var numbers []string
		table := d.Table()
		for line := range strings.Lines(table) {
			rest, ok := strings.CutPrefix(line, "-a "+service+" -r ")
			if !ok {
				continue
			}
			real, err := netip.ParseAddrPort(strings.Fields(rest)[0])
			if err != nil {
				return err
			}
			numbers = append(numbers, strings.TrimPrefix(real.Addr().String(), prefix))
		}
		if strings.Join(numbers, " ") != want {
			return errors.New(table)
		}
		return nil
	})
}

// The plan shows the services and settings that such probes need.
func TestPlanOfChecksThroughTheForwardingPath(t *testing.T) {
	s := newSite(t)
	d := s.director(1)
	d.Run("sysctl", "-qw", "net.ipv4.conf.eth0.rp_filter=1")
	config := s.Example("check-through-vip.hcl")
	out, code := d.Ldirector("plan", "-c", config)
	if code != 2 {
		t.Errorf("plan: exit code %d", code)
	}
	contains(t, "plan", out,
		`+ virtual_server "probes to 192.168.25.31 by DR" { # FWM 22649156`,
		"~ net/ipv4/conf/eth0/accept_local = 0 -> 1", "~ net/ipv4/conf/eth0/rp_filter = 1 -> 2")
	d.Direct(config)
	nettest.Eventually(t, soon, "nothing is left to do", func() error {
		if out, code := d.Ldirector("plan", "-c", config); code != 0 {
			return errors.New(out)
		}
		return nil
	})
	if out := status(t, d); len(out.VirtualServers) != 1 {
		t.Errorf("virtual servers in the status: %+v", out.VirtualServers)
	}
}
