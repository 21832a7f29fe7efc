package ipvs

import (
	"net/netip"
	"testing"
)

func TestChangeString(t *testing.T) {
	k := key("192.0.2.1:80")
	s := Service{Key: k, Scheduler: "wrr"}
	d := Destination{Addr: addrPort("192.0.2.10:80"), Forward: DR, Weight: 3}
	for _, tt := range []struct {
		change Change
		want   string
	}{
		{AddService{s}, "add virtual server TCP 192.0.2.1:80 wrr"},
		{UpdateService{s}, "change virtual server TCP 192.0.2.1:80 wrr"},
		{DeleteService{k}, "delete virtual server TCP 192.0.2.1:80"},
		{AddDestination{k, d}, "add real server 192.0.2.10:80 DR 3 to TCP 192.0.2.1:80"},
		{UpdateDestination{k, d}, "change real server 192.0.2.10:80 DR 3 of TCP 192.0.2.1:80"},
		{DeleteDestination{k, d.Addr}, "delete real server 192.0.2.10:80 from TCP 192.0.2.1:80"},
	} {
		if got := tt.change.String(); got != tt.want {
			t.Errorf("String() = %q, want %q", got, tt.want)
		}
	}
}

func TestTargetOf(t *testing.T) {
	k := key("192.0.2.1:80")
	mapped := Key{Addr: netip.MustParseAddr("::ffff:192.0.2.1"), Port: 80, Protocol: TCP}
	d := Destination{Addr: addrPort("192.0.2.10:80")}
	mappedAddr := addrPort("[::ffff:192.0.2.10]:80")
	for _, tt := range []struct {
		change Change
		want   target
	}{
		{AddService{Service{Key: mapped}}, target{key: k}},
		{UpdateService{Service{Key: k}}, target{key: k}},
		{DeleteService{mapped}, target{key: k}},
		{AddDestination{mapped, Destination{Addr: mappedAddr}}, target{k, d.Addr}},
		{UpdateDestination{k, d}, target{k, d.Addr}},
		{DeleteDestination{k, mappedAddr}, target{k, d.Addr}},
	} {
		if got := targetOf(tt.change); got != tt.want {
			t.Errorf("targetOf(%s) = %v, want %v", tt.change, got, tt.want)
		}
	}
}
