package vrrp

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/nettest"
)

func TestRemovedAddressComesBack(t *testing.T) {
	s, preferred, other := newPair(t, tempo, &ours{}, &ours{})
	preferred.Run("ip", "address", "del", s.prefix(1, 100), "dev", "eth0")
	preferred.awaitMaster(other)
	other.neverMaster()
}

func TestRemovedAddressHandsOver(t *testing.T) {
	s, preferred, other := newPair(t, tempo, &ours{instance: `on_address_loss = "backup"`}, &ours{})
	preferred.Run("ip", "address", "del", s.prefix(1, 100), "dev", "eth0")
	other.awaitMaster(preferred)
	preferred.await("does not take it back", func(v api.VRRPInstance) bool { return v.State == "BACKUP" && v.Released })
	other.staysMaster(preferred)
}

// A look is a command on a node and what its output has to have.
type look struct {
	command, want string
}

// shows waits until the looks see what they want, or none of it.
func (n *node) shows(want bool, looks ...look) {
	n.site.t.Helper()
	for _, l := range looks {
		what := l.command + " shows " + l.want
		if !want {
			what += " no more"
		}
		nettest.Eventually(n.site.t, soon, what, func() error {
			f := strings.Fields(l.command)
			out, err := n.Command(f[0], f[1:]...).CombinedOutput() // a table of routes may not exist
			if strings.Contains(string(out), l.want) != want {
				return errors.Join(errors.New(string(out)), err)
			}
			return nil
		})
	}
}

// faulty is a node that can be put into FAULT by writing a number to the file.
func faulty(t *testing.T, instance, more string) (n *node, file string) {
	t.Helper()
	n = newNode(t, &ours{instance: instance + "\ntrack_file = [\"fault\"]"})
	file = n.site.File("0")
	n.daemon.(*ours).more = fmt.Sprintf("track_file \"fault\" {\n file = %q\n weight = 0\n}\n%s", file, more)
	return n, file
}

func TestRoutesAndRules(t *testing.T) {
	n, fault := faulty(t, `
		virtual_ipaddress_excluded = ["10.99.1.150/24", "2001:db8::150/64"]
		virtual_routes             = ["198.51.100.0/24 via 10.99.1.99 src 10.99.1.100", "default via 10.99.1.99 table 77"]
		virtual_rules              = ["from 203.0.113.0/24 table 77 preference 1000"]`, "")
	virtual := []look{
		{"ip -4 address", "10.99.1.100/24"},
		{"ip -4 address", "10.99.1.150/24"},
		{"ip -6 address", "2001:db8::150/64"},
		{"ip route", "198.51.100.0/24 via 10.99.1.99 dev eth0"},
		{"ip route show table 77", "default via 10.99.1.99 dev eth0"},
		{"ip rule", "1000:	from 203.0.113.0/24 lookup 77"},
	}
	n.start()
	n.awaitMaster(nil)
	n.shows(true, virtual...)
	write(t, fault, "1")
	n.awaitState("FAULT")
	n.shows(false, virtual...)
	write(t, fault, "0")
	n.awaitMaster(nil)
	n.shows(true, virtual...)
	n.Run("ip", "route", "del", "198.51.100.0/24")
	n.Run("ip", "rule", "del", "preference", "1000")
	n.shows(true, virtual...)
	n.stop()
	n.shows(false, virtual...)
}

func TestStatics(t *testing.T) {
	n, fault := faulty(t, "", `
		static_ipaddress { addresses = ["10.99.1.160/24 dev eth0 track_group uplink"] }
		static_routes { routes = ["198.51.101.0/24 via 10.99.1.99 dev eth0"] }
		static_rules { rules = ["from 203.0.114.0/24 table 78 preference 1001"] }
		track_group "uplink" { group = ["VI_1"] }`)
	static := []look{
		{"ip -4 address", "10.99.1.160/24"},
		{"ip route", "198.51.101.0/24 via 10.99.1.99 dev eth0"},
		{"ip rule", "1001:	from 203.0.114.0/24 lookup 78"},
	}
	n.start()
	n.awaitMaster(nil)
	n.shows(true, static...)
	write(t, fault, "1")
	n.awaitState("FAULT")
	n.shows(true, static...)
	write(t, fault, "0")
	n.awaitMaster(nil)
	n.Run("ip", "route", "del", "198.51.101.0/24")
	n.Run("ip", "rule", "del", "preference", "1001")
	n.Run("ip", "address", "del", "10.99.1.160/24", "dev", "eth0")
	n.shows(true, static...)
	n.awaitMaster(nil)
	n.stop()
	n.shows(false, static...)
}

// Without accept the addresses are known on the network, and their owner does not answer.
func TestNoAccept(t *testing.T) {
	n := newNode(t, &ours{instance: "no_accept = true"})
	n.start()
	n.awaitState("MASTER")
	nettest.Eventually(t, soon, "the client finds the address and gets no answer", func() error {
		name, err := n.site.client.Ask("tcp", n.site.target())
		if err == nil {
			return errors.New("it is answered by " + name)
		}
		if out := n.site.client.Run("ip", "neigh", "show", n.site.vip(1)); !strings.Contains(out, "lladdr") {
			return errors.New("the client knows " + out)
		}
		return nil
	})
	n.reload(strings.Replace(n.daemon.(*ours).config(n), "no_accept = true", "no_accept = false", 1))
	n.awaitAnswer()
}
