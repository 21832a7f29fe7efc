package director

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/ldirector/ldirector/director/ipvs"
)

func pathTo(addr string, f ipvs.Forward) Path {
	return Path{RealServer: netip.MustParseAddr(addr), Forward: f, Family: ipvs.INET}
}

func TestThrough(t *testing.T) {
	vip4, vip6 := netip.MustParseAddrPort("192.0.2.1:80"), netip.MustParseAddrPort("[2001:db8::1]:80")
	own := netip.MustParseAddrPort("192.0.2.11:0")
	wrapped := pathTo("2001:db8::31", ipvs.Tunnel)
	for _, tt := range []struct {
		name            string
		path            Path
		via             string
		service, source netip.AddrPort
		want            error
	}{
		{"DR", pathTo("192.0.2.31", ipvs.DR), "vip", vip4, netip.AddrPort{}, nil},
		{"DR is no tunnel", pathTo("192.0.2.31", ipvs.DR), "tunnel", vip4, netip.AddrPort{}, errTunnelPath},
		{"tunnel", pathTo("192.0.2.31", ipvs.Tunnel), "tunnel", vip4, netip.AddrPort{}, nil},
		{"tunnel by vip", pathTo("192.0.2.31", ipvs.Tunnel), "vip", vip4, netip.AddrPort{}, nil},
		{"NAT", pathTo("192.0.2.31", ipvs.NAT), "vip", vip4, netip.AddrPort{}, errNATPath},
		{"IPv4 in IPv6", wrapped, "tunnel", vip4, netip.AddrPort{}, errMixedPath},
		{"IPv4 in IPv6 with bindto", wrapped, "tunnel", vip4, own, nil},
		{"IPv6", pathTo("2001:db8::31", ipvs.DR), "vip", vip6, netip.AddrPort{}, nil},
	} {
		target, err := NewPaths(DefaultPathMark).Through(tt.path, tt.via, tt.service, tt.source)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
		if err != nil {
			continue
		}
		if target.Addr != tt.service || target.Source != tt.source || target.Toward.IsValid() == tt.source.IsValid() || !NewPaths(DefaultPathMark).Owns(target.Mark) {
			t.Errorf("%s: target is %+v", tt.name, target)
		}
	}
}

// What else is probed moves no mark: it is part of the identity of a check.
func TestMarksOfPaths(t *testing.T) {
	path := func(n int) Path {
		return Path{RealServer: netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)}), Forward: ipvs.DR, Family: ipvs.INET}
	}
	const n = 1000
	few, many := NewPaths(DefaultPathMark), NewPaths(DefaultPathMark)
	for i := range n {
		many.mark(path(n - i))
	}
	for i := 1; i <= n; i++ {
		few.mark(path(i))
		if a, b := few.marks[path(i)], many.marks[path(i)]; a != b || !few.Owns(a) {
			t.Errorf("path %d has the marks %d and %d", i, a, b)
		}
	}
	if len(few.paths) != n {
		t.Errorf("%d marks for %d paths", len(few.paths), n)
	}
	for _, p := range []Path{
		pathTo("192.0.2.1", ipvs.DR),
		pathTo("192.0.2.1", ipvs.Tunnel),
		{RealServer: netip.MustParseAddr("192.0.2.1"), Forward: ipvs.Tunnel, Family: ipvs.INET6},
		{RealServer: netip.MustParseAddr("192.0.2.1"), Forward: ipvs.Tunnel, Tunnel: ipvs.Encapsulation{Type: ipvs.GUE, Port: 6080}, Family: ipvs.INET},
	} {
		few.mark(p)
	}
	if len(few.paths) != n+4 {
		t.Errorf("%d marks for %d paths", len(few.paths), n+4)
	}
}

func TestMarksThatContend(t *testing.T) {
	a, b := pathTo("192.0.2.1", ipvs.DR), pathTo("192.0.2.2", ipvs.DR)
	p := NewPaths(DefaultPathMark)
	taken := p.base + a.hash()%PathMarks
	p.paths[taken] = b
	mark, ok := p.mark(a)
	if again, _ := p.mark(a); !ok || mark == taken || !p.Owns(mark) || again != mark {
		t.Errorf("marks %d and %d, %d is taken", mark, again, taken)
	}
	if p.Owns(DefaultPathMark-1) || p.Owns(DefaultPathMark+PathMarks) || !p.Owns(DefaultPathMark) {
		t.Error("the range is wrong")
	}
}

func TestVirtualServersOfPaths(t *testing.T) {
	p := NewPaths(DefaultPathMark)
	p.mark(pathTo("192.0.2.31", ipvs.DR))
	p.mark(Path{RealServer: netip.MustParseAddr("2001:db8::31"), Forward: ipvs.Tunnel, Tunnel: ipvs.Encapsulation{Type: ipvs.GUE, Port: 6080}, Family: ipvs.INET})
	names := make(map[string]string)
	last := ipvs.Key{}
	for _, v := range p.VirtualServers() {
		if !v.Hidden || len(v.Keys) != 1 || v.Keys[0].Compare(last) < 0 {
			t.Errorf("virtual server is %+v", v)
		}
		last = v.Keys[0]
		names[v.Name] = v.RealServers[0].Destination.String()
	}
	if len(names) != 2 ||
		names["probes to 192.0.2.31 by DR"] != "192.0.2.31:0 DR 1" ||
		names["probes to 2001:db8::31 by TUN tun_type gue tun_port 6080 for the other family"] != "[2001:db8::31]:0 TUN 1 tun_type gue tun_port 6080" {
		t.Errorf("virtual servers: %v", names)
	}
}
