package config

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/director/ipvs"
)

// rivals returns two real servers whose paths contend for one mark.
func rivals(t *testing.T) (first, second string) {
	t.Helper()
	known := make(map[uint32]string)
	random := rand.New(rand.NewPCG(1, 2))
	for {
		addr := netip.AddrFrom4([4]byte{10, byte(random.IntN(256)), byte(random.IntN(256)), byte(1 + random.IntN(254))})
		path := director.Path{RealServer: addr, Forward: ipvs.DR, Family: ipvs.INET}
		target, err := director.NewPaths(director.DefaultPathMark).Through(path, "vip", netip.MustParseAddrPort("192.0.2.10:80"), netip.AddrPort{})
		if err != nil {
			t.Fatal(err)
		}
		if other, found := known[target.Mark]; found && other != addr.String() {
			return other, addr.String()
		}
		known[target.Mark] = addr.String()
	}
}

// TestPathsThatContend: a mark stays with one path, whichever virtual servers are
// read again.
func TestPathsThatContend(t *testing.T) {
	first, second := rivals(t)
	service := func(n int, real string) string {
		return fmt.Sprintf("virtual_server \"%d\" {\n  address = \"192.0.2.%d:80\"\n  lb_algo = \"rr\"\n  lb_kind = \"DR\"\n  tcp_check { via = \"vip\" }\n  real_server %q {}\n}\n", n, n, real)
	}
	r := newTrial(t, map[string]string{"a.hcl": service(1, first) + service(2, second)})
	check := func(cfg *Config) {
		t.Helper()
		paths := make(map[string]string) // real servers by mark
		for _, v := range cfg.Director.VirtualServers {
			if v.Hidden {
				paths[fmt.Sprint(v.Keys[0].FWMark)] = v.RealServers[0].Destination.Addr.Addr().String()
			}
		}
		for _, v := range cfg.Director.VirtualServers {
			for _, rs := range v.RealServers {
				for _, c := range rs.Checks {
					if got, want := paths[fmt.Sprint(c.Spec().Target.Mark)], rs.Destination.Addr.Addr().String(); got != want {
						t.Errorf("the probe of %s goes to %s", want, got)
					}
				}
			}
		}
	}
	before := r.load()
	check(before)
	dumped := dump(before)
	r.write("a.hcl", service(2, second)+service(1, first))
	check(r.load())
	r.write("a.hcl", service(2, second))
	check(r.load())
	r.write("a.hcl", strings.Replace(service(1, first), "{", "{ # changed", 1)+service(2, second))
	check(r.load())
	if dump(before) != dumped {
		t.Error("a configuration has changed after it was loaded")
	}
}
