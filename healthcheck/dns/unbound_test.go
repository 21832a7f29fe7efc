package dns

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
)

// startUnbound runs the name server with the zone example.org.
func startUnbound(t *testing.T) netip.AddrPort {
	t.Helper()
	nettest.Require(t, "unbound")
	dir, addr := t.TempDir(), nettest.FreePort(t)
	var long strings.Builder
	for i := range 20 {
		fmt.Fprintf(&long, "  local-data: 'long.example.org. TXT \"%02d %s\"'\n", i, strings.Repeat("x", 100))
	}
	config := fmt.Sprintf(`
server:
  interface: 127.0.0.1
  port: %d
  do-daemonize: no
  use-syslog: no
  chroot: ""
  username: ""
  directory: "%s"
  pidfile: ""
  module-config: "iterator"
  local-zone: "." static
  local-data: ". SOA ns.example.org. root.example.org. 1 3600 600 86400 300"
  local-zone: "example.org." static
  local-data: "example.org. SOA ns.example.org. root.example.org. 1 3600 600 86400 300"
  local-data: "example.org. NS ns.example.org."
  local-data: "example.org. MX 10 mx.example.org."
  local-data: 'example.org. TXT "v=spf1 -all"'
  local-data: "www.example.org. A 192.0.2.1"
  local-data: "www.example.org. A 192.0.2.2"
  local-data: "www.example.org. AAAA 2001:db8::1"
  local-data: "_sip._udp.example.org. SRV 0 5 5060 sip.example.org."
  local-data-ptr: "192.0.2.1 www.example.org"
  local-zone: "refused.example." refuse
%sremote-control:
  control-enable: no
`, addr.Port(), dir, &long)
	file := filepath.Join(dir, "unbound.conf")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	server := nettest.Start(t, "unbound", "-d", "-c", file)
	nettest.Eventually(t, 30*time.Second, "unbound answers", func() error {
		select {
		case <-server.Done():
			return errors.New("it has ended: " + server.Output())
		default:
			return ask(t, Config{}, addr, time.Second)
		}
	})
	return addr
}

func TestUnbound(t *testing.T) {
	addr := startUnbound(t)
	tests := []struct {
		config Config
		want   string
	}{
		{Config{}, ""},
		{Config{Type: "A", Name: "www.example.org", Expect: []string{"192.0.2.2", "192.0.2.1"}}, ""},
		{Config{Type: "A", Name: "WWW.example.org.", Expect: []string{"192.0.2.3"}}, "192.0.2.3 is not among the answers: 192.0.2."},
		{Config{Type: "AAAA", Name: "www.example.org", Expect: []string{"2001:db8:0::1"}}, ""},
		{Config{Type: "NS", Name: "example.org", Expect: []string{"ns.example.org"}}, ""},
		{Config{Type: "MX", Name: "example.org", Expect: []string{"10 mx.example.org"}}, ""},
		{Config{Type: "TXT", Name: "example.org", Expect: []string{"v=spf1 -all"}}, ""},
		{Config{Type: "SRV", Name: "_sip._udp.example.org", Expect: []string{"0 5 5060 sip.example.org"}}, ""},
		{Config{Type: "PTR", Name: "1.2.0.192.in-addr.arpa", Regex: `^www\.example\.org$`}, ""},
		{Config{Type: "CNAME", Name: "www.example.org"}, ""},
		{Config{Type: "RRSIG", Name: "www.example.org"}, ""},
		{Config{Type: "DNSKEY", Name: "example.org"}, ""},
		{Config{Type: "A", Name: "nowhere.example.org"}, "answered NXDOMAIN"},
		{Config{Type: "A", Name: "refused.example"}, "answered REFUSED"},
		{Config{Type: "TXT", Name: "long.example.org"}, ""},
		{Config{Type: "TXT", Name: "long.example.org", Expect: []string{"19 " + strings.Repeat("x", 100)}}, ""},
		{Config{Type: "TXT", Name: "long.example.org", Expect: []string{"20"}}, ""},
	}
	for _, tt := range tests {
		for _, transport := range []string{"udp", "tcp"} {
			tt.config.Transport = transport
			t.Run(tt.config.Type+" "+tt.config.Name+" "+transport, func(t *testing.T) {
				want := tt.want
				if len(tt.config.Expect) == 1 && tt.config.Expect[0] == "20" {
					want = `"20" is not among the answers`
					if transport == "udp" {
						want = "answer is truncated, over TCP: " + want
					}
				}
				check(t, ask(t, tt.config, addr, time.Minute), want)
			})
		}
	}
}
