package ipvs

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEncapsulationString(t *testing.T) {
	for _, tt := range []struct {
		tunnel Encapsulation
		want   string
	}{
		{Encapsulation{}, "tun_type ipip"},
		{Encapsulation{GUE, 6080, RemoteChecksum}, "tun_type gue tun_port 6080 tun_csum remcsum"},
		{Encapsulation{Type: GRE, Checksum: Checksum}, "tun_type gre tun_csum csum"},
		{Encapsulation{7, 0, 3}, "tun_type 7 tun_csum 3"},
	} {
		if got := tt.tunnel.String(); got != tt.want {
			t.Errorf("String() = %q, want %q", got, tt.want)
		}
	}
	if got := NoChecksum.String(); got != "nocsum" {
		t.Errorf("String() = %q, want nocsum", got)
	}
}

// What an old kernel would ignore is refused once it is known to be old, and
// not written again and again.
func TestApplyOnOldKernel(t *testing.T) {
	vip, addr := key("192.0.2.1:80"), addrPort("192.0.2.10:80")
	destination := func(e Encapsulation) Destination {
		return Destination{Addr: addr, Forward: Tunnel, Weight: 1, Tunnel: e}
	}
	gue, gre, csum := Encapsulation{Type: GUE, Port: 6080}, Encapsulation{Type: GRE}, Encapsulation{GUE, 6080, Checksum}
	const of = " of TCP 192.0.2.1:80: the kernel is too old for "
	for _, tt := range []struct {
		name   string
		kernel tunnelSupport
		change Change
		want   string
	}{
		{"IP in IP", tunnelsIPIP, UpdateDestination{vip, destination(Encapsulation{})}, ""},
		{"unused", tunnelsIPIP, UpdateDestination{vip, Destination{Addr: addr, Tunnel: gue}}, ""},
		{
			"GUE before 5.2", tunnelsIPIP, UpdateDestination{vip, destination(gue)},
			"change real server 192.0.2.10:80 TUN 1 tun_type gue tun_port 6080" + of + "tun_type gue, which came with Linux 5.2",
		},
		{"GUE", tunnelsGUE, UpdateDestination{vip, destination(gue)}, ""},
		{
			"GRE before 5.3", tunnelsGUE, UpdateDestination{vip, destination(gre)},
			"change real server 192.0.2.10:80 TUN 1 tun_type gre" + of + "tun_type gre and for tun_csum, which came with Linux 5.3",
		},
		{
			"checksum before 5.3", tunnelsGUE, UpdateDestination{vip, destination(csum)},
			"change real server 192.0.2.10:80 TUN 1 tun_type gue tun_port 6080 tun_csum csum" + of +
				"tun_type gre and for tun_csum, which came with Linux 5.3",
		},
		{"all", tunnelsUnknown, UpdateDestination{vip, destination(csum)}, ""},
		{"service", tunnelsIPIP, UpdateService{drService("192.0.2.1:80", "rr")}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := newFakeKernel(t)
			k.old = tt.kernel
			k.table.fill([]Service{drService("192.0.2.1:80", "rr", "192.0.2.10:80")})
			c := k.client()
			if _, err := c.Services(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := ""
			err := c.Apply(t.Context(), []Change{tt.change})
			if err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if errors.Is(err, ErrOldKernel) != (len(k.log) == 0) {
				t.Errorf("error %v, changes sent: %q", err, k.log)
			}
		})
	}
}
