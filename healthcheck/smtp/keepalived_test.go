package smtp

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/internal/probetest"
)

// What is good for keepalived is good for us. The other way around there are
// replies that RFC 5321 allows and keepalived does not take.
func TestBesideKeepalived(t *testing.T) {
	nettest.Require(t, nettest.NetNS, nettest.IPVS, nettest.Keepalived, nettest.Ipvsadm)
	const greeting = "220 mail.example.org ESMTP\r\n"
	good := map[string]string{"EHLO": "250-mail.example.org\r\n250 SIZE\r\n", "HELO": "250 mail.example.org\r\n", "QUIT": "221 bye\r\n"}
	with := func(verb, reply string) map[string]string {
		replies := map[string]string{verb: reply}
		for v, r := range good {
			if v != verb {
				replies[v] = r
			}
		}
		return replies
	}
	tests := []struct {
		name         string
		greeting     string
		replies      map[string]string
		ours, theirs bool
	}{
		{"good", greeting, good, true, true},
		{"only HELO", greeting, with("EHLO", "500 what?\r\n"), true, true},
		{"no service", "554 no service\r\n", good, false, false},
		{"HELO refused", greeting, map[string]string{"EHLO": "550 go away\r\n", "HELO": "550 go away\r\n"}, false, false},
		{"no SMTP", "SSH-2.0-OpenSSH\r\n", good, false, false},
		{"several lines", "220-mail.example.org\r\n220 welcome\r\n", good, true, false},
		{"code alone", "220\r\n", good, true, false},
	}
	ns := nettest.New(t, "smtp")
	var targets []netip.AddrPort
	asked := make([]atomic.Int32, len(tests))
	theirs := make(map[netip.AddrPort]bool)
	for i, tt := range tests {
		var addr netip.AddrPort
		err := ns.Do(func() error {
			addr = nettest.Serve(t, func(c net.Conn) {
				defer asked[i].Add(1)
				_, _ = io.WriteString(c, tt.greeting)
				for lines := bufio.NewScanner(c); lines.Scan(); {
					verb, _, _ := strings.Cut(lines.Text(), " ")
					_, _ = io.WriteString(c, tt.replies[verb])
				}
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		targets = append(targets, addr)
		theirs[addr] = tt.theirs
	}
	up := probetest.Keepalived(t, ns, t.TempDir(), "SMTP_CHECK", "      helo_name probe.example.org", targets)
	nettest.Eventually(t, 2*time.Minute, "keepalived has asked every server twice and judged", func() error {
		for i, tt := range tests {
			if n := asked[i].Load(); n < 2 {
				return fmt.Errorf("%s was asked %d times", tt.name, n)
			}
		}
		if diff := cmp.Diff(theirs, up(), cmpopts.EquateComparable(netip.AddrPort{})); diff != "" {
			return fmt.Errorf("(-want +keepalived):\n%s", diff)
		}
		return nil
	})
	p, err := New(Config{HeloName: "probe.example.org"})
	if err != nil {
		t.Fatal(err)
	}
	for i, tt := range tests {
		err := ns.Do(func() error {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			_, err := p.Probe(ctx, healthcheck.Target{Addr: targets[i]}, healthcheck.Unknown)
			return err
		})
		if (err == nil) != tt.ours {
			t.Errorf("%s: got %v, want up = %v", tt.name, err, tt.ours)
		}
	}
}
