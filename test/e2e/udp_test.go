package e2e

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
)

// A UDP client that keeps its port goes on to another server when its own one has
// left the table: at once if expire_nodest_conn is set, else when the kernel has
// forgotten it, however much it sends meanwhile.
func TestUDPFailover(t *testing.T) {
	for _, expire := range []int{0, 1} {
		t.Run(fmt.Sprint("expire_nodest_conn ", expire), func(t *testing.T) {
			s := newSite(t)
			for _, n := range []int{31, 32} {
				h, server := s.backend(n, vip)
				h.ServeUDP(":53", server.Name())
			}
			d := s.lonely()
			d.Direct(s.File(fmt.Sprintf(`
ipvs {
  udp_timeout = "10s"
  sysctl      = { expire_nodest_conn = %d }
}
virtual_server "dns" {
  address      = "192.168.25.100:53"
  protocol     = "UDP"
  lb_algo      = "rr"
  lb_kind      = "DR"
  real_servers = ["192.168.25.31", "192.168.25.32"]
}`, expire)))
			d.AwaitTable(soon, `
				-A -u 192.168.25.100:53 -s rr
				-a -u 192.168.25.100:53 -r 192.168.25.31:53 -g -w 1
				-a -u 192.168.25.100:53 -r 192.168.25.32:53 -g -w 1`)
			ask := s.resolver(vip + ":53")
			first, err := ask()
			if err != nil {
				t.Fatal(err)
			}
			command(t, d, "disable", "dns", "192.168.25."+strings.TrimPrefix(first, "r")+":53")
			if name, err := ask(); (err == nil) != (expire == 1) || name == first {
				t.Errorf("after its server left: an answer of %q, %v", name, err)
			}
			nettest.Eventually(t, soon, "an answer of the other one", func() error {
				if name, err := ask(); err != nil || name == first {
					return errors.Join(fmt.Errorf("an answer of %q", name), err)
				}
				return nil
			})
		})
	}
}

// resolver returns a function that asks from the same port again and again.
func (s *site) resolver(address string) func() (name string, err error) {
	s.t.Helper()
	var c net.Conn
	err := s.client.Do(func() (err error) {
		c, err = net.Dial("udp", address)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { c.Close() })
	return func() (string, error) {
		buf := make([]byte, 100)
		if _, err := c.Write([]byte("?")); err != nil {
			return "", err
		}
		_ = c.SetReadDeadline(time.Now().Add(2 * time.Second))
		n, err := c.Read(buf)
		return strings.TrimSpace(string(buf[:n])), err
	}
}
