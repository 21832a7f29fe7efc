package radius_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/radius"
	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/internal/probetest"
)

// startFreeRADIUS starts a server that knows alice and 127.0.0.1.
func startFreeRADIUS(t *testing.T) (auth, acct healthcheck.Target) {
	t.Helper()
	nettest.Require(t, "freeradius")
	dir := t.TempDir()
	authAddr, acctAddr := nettest.FreePort(t), nettest.FreePort(t)
	conf := fmt.Sprintf(`
prefix = /usr
libdir = /usr/lib/freeradius
raddbdir = %[1]s
logdir = %[1]s
run_dir = %[1]s
max_requests = 1024
security {
	allow_core_dumps = no
	reject_delay = 0
	status_server = yes
}
client director {
	ipaddr = 127.0.0.1
	secret = "sesame open"
}
thread pool {
	start_servers = 1
	max_servers = 2
	min_spare_servers = 1
	max_spare_servers = 1
}
modules {
	pap {
	}
	files {
		usersfile = %[1]s/users
	}
}
instantiate {
}
server default {
	listen {
		type = auth
		ipaddr = 127.0.0.1
		port = %[2]d
	}
	listen {
		type = acct
		ipaddr = 127.0.0.1
		port = %[3]d
	}
	authorize {
		files
		pap
	}
	authenticate {
		pap
	}
	preacct {
	}
	accounting {
	}
}
`, dir, authAddr.Port(), acctAddr.Port())
	probetest.Write(t, filepath.Join(dir, "users"), `alice Cleartext-Password := "a password of more than sixteen bytes"
bob Cleartext-Password := ""
DEFAULT Auth-Type := Reject
	Reply-Message := "who are you?"
`)
	probetest.Write(t, filepath.Join(dir, "radiusd.conf"), conf)
	p := nettest.Start(t, "freeradius", "-f", "-l", "stdout", "-d", dir, "-D", "/usr/share/freeradius")
	auth, acct = healthcheck.Target{Addr: authAddr}, healthcheck.Target{Addr: acctAddr}
	for _, target := range []healthcheck.Target{auth, acct} {
		nettest.Eventually(t, time.Minute, "FreeRADIUS has started", func() error {
			select {
			case <-p.Done():
				t.Fatal(p.Output())
			default:
			}
			_, err := probetest.Ask(t.Context(), newProbe(t, radius.Config{Secret: "sesame open"}), target)
			return err
		})
	}
	return auth, acct
}

func TestFreeRADIUS(t *testing.T) {
	t.Parallel()
	auth, acct := startFreeRADIUS(t)
	const secret = "sesame open"
	for _, tt := range []struct {
		name   string
		target healthcheck.Target
		config radius.Config
		want   string // reason; "" for up
	}{
		{"status", auth, radius.Config{Secret: secret}, ""},
		{"status of accounting", acct, radius.Config{Secret: secret}, ""},
		{"login", auth, radius.Config{Secret: secret, Login: "alice", Passwd: "a password of more than sixteen bytes"}, ""},
		{"login without password", auth, radius.Config{Secret: secret, Login: "bob"}, "Access-Reject"},
		{"wrong password", auth, radius.Config{Secret: secret, Login: "alice", Passwd: "a password"}, "Access-Reject"},
		{"wrong user", auth, radius.Config{Secret: secret, Login: "carol", Passwd: "a password"}, "Access-Reject: who are you?"},
		{"no server", healthcheck.Target{Addr: nettest.FreePort(t)}, radius.Config{Secret: secret}, "connection refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := probetest.Ask(t.Context(), newProbe(t, tt.config), tt.target)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	for name, target := range map[string]healthcheck.Target{
		"wrong secret": auth,
		"unknown host": {Addr: auth.Addr, Source: netip.MustParseAddrPort("127.0.0.2:0")},
	} {
		ctx, cancel := probetest.Short(t.Context())
		defer cancel()
		_, err := newProbe(t, radius.Config{Secret: "shut"}).Probe(ctx, target, healthcheck.Unknown)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: got %v, want that no answer comes", name, err)
		}
	}
}
