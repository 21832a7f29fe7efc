package guardian

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/netif"
	"github.com/ldirector/ldirector/internal/nettest"
)

func TestLostRouteComesBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := s.node(1)
	r := router(255, time.Second)
	r.Master.Routes = []netif.Route{{
		Type: "unicast", Destination: netip.MustParsePrefix("198.51.100.0/24"),
		Gateway: netip.MustParseAddr("192.0.2.9"), Device: "eth0", Scope: -1,
	}}
	a.write(Setup{Routers: []Router{r}})
	daemon := a.start("process")
	daemon.await("VI_1 is MASTER")
	route := func() error {
		if out := a.Run("ip", "route"); !strings.Contains(out, "198.51.100.0/24 via 192.0.2.9") {
			return errors.New(out)
		}
		return nil
	}
	if err := route(); err != nil {
		t.Error(err)
	}
	nettest.Eventually(t, patience, "the route is back", func() error {
		change := "del"
		switch noticed := strings.Contains(daemon.Output(), "has lost what belongs to it"); {
		case noticed:
			return route()
		case route() != nil:
			change = "add" // what was not seen with the master is not missed
		}
		a.Command("ip", "route", change, "198.51.100.0/24", "via", "192.0.2.9", "proto", "18").Run() // the process may be quicker
		return errors.New("not noticed")
	})
	if err := daemon.Stop(patience); err != nil {
		t.Error(err)
	}
	if route() == nil {
		t.Error("the route is left")
	}
}

func TestStaticAddressIsTracked(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := s.node(1)
	a.write(Setup{
		Routers: []Router{router(255, time.Second)},
		Static: netif.StaticSet{Addresses: []netif.Address{
			{Prefix: netip.MustParsePrefix("198.51.100.1/24"), Device: "eth9", TrackGroup: "uplink"},
		}},
		TrackGroups: map[string][]string{"uplink": {"VI_1"}},
	})
	cmd := a.Command("ip", "-o", "address", "show", "dev", "eth9")
	a.Run("ip", "link", "add", "eth9", "type", "veth", "peer", "name", "eth8")
	daemon := a.start("process")
	daemon.await("VI_1 is MASTER")
	a.Run("ip", "link", "del", "eth9")
	daemon.await("VI_1 is FAULT")
	daemon.do("status", "VI_1 FAULT 255")
	before := len(daemon.Output())
	a.Run("ip", "link", "add", "eth9", "type", "veth", "peer", "name", "eth8")
	daemon.awaitAfter(before, "VI_1 is MASTER")
	if out, err := cmd.Output(); err != nil || !strings.Contains(string(out), "198.51.100.1/24") {
		t.Errorf("%s, %v", out, err)
	}
	if err := daemon.Stop(patience); err != nil {
		t.Error(err)
	}
	if out := a.Run("ip", "-o", "address", "show", "dev", "eth9"); strings.Contains(out, "198.51.100.1/24") {
		t.Errorf("left: %s", out)
	}
}
