package notify

import (
	"net/netip"
	"testing"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/vrrp"
)

func TestRouterLine(t *testing.T) {
	tests := []struct {
		notice  vrrp.Notice
		deleted bool
		want    string
	}{
		{vrrp.Notice{Name: "VI_1", To: vrrp.Master, Priority: 150}, false, `INSTANCE "VI_1" MASTER 150`},
		{vrrp.Notice{Name: "VI_1", To: vrrp.Backup, Priority: 100}, false, `INSTANCE "VI_1" BACKUP 100`},
		{vrrp.Notice{Name: "VI_1", To: vrrp.Fault, Priority: 1}, false, `INSTANCE "VI_1" FAULT 1`},
		{vrrp.Notice{Name: "VI_1", To: vrrp.Initialize, Priority: 1}, false, `INSTANCE "VI_1" STOP 1`},
		{vrrp.Notice{Name: "VI_1", To: vrrp.Initialize, Priority: 1}, true, `INSTANCE "VI_1" DELETED 1`},
		{vrrp.Notice{Name: "SG", Group: true, To: vrrp.Master}, false, `GROUP "SG" MASTER 0`},
		{vrrp.Notice{Kind: vrrp.HeardLower, Name: "VI_1", To: vrrp.Master, Priority: 150}, false, `INSTANCE "VI_1" MASTER_RX_LOWER_PRI 150`},
		{vrrp.Notice{Kind: vrrp.PriorityChanged, Name: "VI_1", To: vrrp.Master, Priority: 120}, false, `INSTANCE "VI_1" MASTER_PRIORITY 120`},
		{vrrp.Notice{Kind: vrrp.PriorityChanged, Name: "VI_1", To: vrrp.Backup, Priority: 90}, false, `INSTANCE "VI_1" BACKUP_PRIORITY 90`},
		{vrrp.Notice{Kind: vrrp.Conflict, Name: "VI_1", Text: "two masters"}, false, ""},
		{vrrp.Notice{Kind: vrrp.ConflictOver, Name: "VI_1"}, false, ""},
	}
	for _, tt := range tests {
		got, ok := RouterLine(tt.notice, tt.deleted)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("%+v: got %q, %v, want %q", tt.notice, got, ok, tt.want)
		}
	}
}

func TestServiceLine(t *testing.T) {
	key := func(p ipvs.Protocol, addr string) ipvs.Key { return ipvs.NewKey(p, netip.MustParseAddrPort(addr)) }
	web := []ipvs.Key{key(ipvs.TCP, "192.0.2.1:80")}
	dns := []ipvs.Key{key(ipvs.UDP, "[2001:db8::1]:53")}
	mark := []ipvs.Key{ipvs.NewMarkKey(7, ipvs.INET)}
	server := netip.MustParseAddrPort
	tests := []struct {
		event director.Event
		want  string
	}{
		{director.Event{Kind: director.ServerUp, Keys: web, RealServer: server("10.0.0.1:8080")}, "RS [10.0.0.1]:tcp:8080 [192.0.2.1]:tcp:80 UP"},
		{director.Event{Kind: director.ServerDown, Keys: web, RealServer: server("10.0.0.1:0")}, "RS [10.0.0.1]:tcp:80 [192.0.2.1]:tcp:80 DOWN"},
		{director.Event{Kind: director.ServerUp, Keys: dns, RealServer: server("[2001:db8::2]:53")}, "RS [2001:db8::2]:udp:53 [2001:db8::1]:udp:53 UP"},
		{director.Event{Kind: director.ServerDown, Keys: mark, RealServer: server("10.0.0.1:0")}, "RS [10.0.0.1]:none:0 FWM 7 DOWN"},
		{director.Event{Kind: director.ServerUp, VirtualServer: "web", Keys: append(dns, web...), RealServer: server("10.0.0.1:0")}, "RS [10.0.0.1]:udp:0 [web]:0 UP"},
		{director.Event{Kind: director.QuorumGained, Keys: web}, "VS [192.0.2.1]:tcp:80 UP"},
		{director.Event{Kind: director.QuorumLost, Keys: dns}, "VS [2001:db8::1]:udp:53 DOWN"},
		{director.Event{Kind: director.QuorumMissing, Keys: mark}, "VS FWM 7 DOWN"},
		{director.Event{Kind: director.QuorumLost, VirtualServer: "web", Keys: append(web, mark...)}, "VS [web]:0 DOWN"},
		{director.Event{Kind: director.SorryServerIn, Keys: web, RealServer: server("10.0.0.1:80")}, ""},
		{director.Event{Kind: director.ServerWeight, Keys: web, RealServer: server("10.0.0.1:80")}, ""},
	}
	for _, tt := range tests {
		got, ok := ServiceLine(tt.event)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("%+v: got %q, %v, want %q", tt.event, got, ok, tt.want)
		}
	}
}
