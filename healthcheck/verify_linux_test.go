package healthcheck

import (
	"errors"
	"net/netip"
	"testing"
)

func TestVerify(t *testing.T) {
	for _, host := range []string{"127.0.0.1:0", "[::1]:0"} {
		target, other := Target{Addr: listen(t, host)}, Target{Addr: listen(t, host)}
		var s spares
		defer s.close()
		fd, _, err := connectSpare(t, &s, target)
		if err != nil {
			t.Fatal(err)
		}
		if err := verify(fd, target); err != nil {
			t.Errorf("connected to %v: %v", target.Addr, err)
		}
		mapped := Target{Addr: netip.AddrPortFrom(netip.AddrFrom16(target.Addr.Addr().As16()), target.Addr.Port())}
		if err := verify(fd, mapped); err != nil {
			t.Errorf("connected to %v: %v", mapped.Addr, err)
		}
		if err := verify(fd, other); !errors.Is(err, ErrLocal) {
			t.Errorf("connected to %v in place of %v: %v", target.Addr, other.Addr, err)
		}
		s.put(fd, target)
		if err := verify(fd, target); err == nil {
			t.Error("a socket that has been reset passes")
		}
	}
}
