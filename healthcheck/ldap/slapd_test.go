package ldap_test

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/ldap"
	"github.com/ldirector/ldirector/healthcheck/probetls"
	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/internal/probetest"
)

const entries = `dn: dc=example,dc=com
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: cn=pool,dc=example,dc=com
objectClass: applicationProcess
cn: pool
description: enabled

dn: cn=secret,dc=example,dc=com
objectClass: applicationProcess
cn: secret

dn: cn=big,dc=example,dc=com
objectClass: applicationProcess
cn: big
description: %s
`

// A slapd has the administrator cn=admin.
type slapd struct {
	plain, secure netip.AddrPort
	authority     string
}

func startSlapd(t *testing.T) slapd {
	t.Helper()
	nettest.Require(t, "slapd")
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "db"), 0o755); err != nil {
		t.Fatal(err)
	}
	authority := nettest.NewAuthority(t, dir)
	cert, key := authority.Issue(time.Hour, "127.0.0.1")
	conf := probetest.Write(t, filepath.Join(dir, "conf"), fmt.Sprintf(`
include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile %[1]s/pid
TLSCACertificateFile %[2]s
TLSCertificateFile %[3]s
TLSCertificateKeyFile %[4]s
database mdb
suffix dc=example,dc=com
directory %[1]s/db
dbnosync
rootdn cn=admin,dc=example,dc=com
rootpw sesame
access to dn.base=cn=secret,dc=example,dc=com by * none
access to * by * read
`, dir, authority.File, cert, key))
	add := probetest.Command(t, "slapd", "-Ta", "-q", "-f", conf)
	add.Stdin = strings.NewReader(fmt.Sprintf(entries, strings.Repeat("x", 200_000)))
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s := slapd{nettest.FreePort(t), nettest.FreePort(t), authority.File}
	p := nettest.Start(t, "slapd", "-d", "0", "-f", conf, "-h", fmt.Sprintf("ldap://%s/ ldaps://%s/", s.plain, s.secure))
	probetest.Listening(t, p, s.plain, s.secure)
	return s
}

func TestSlapd(t *testing.T) {
	t.Parallel()
	s := startSlapd(t)
	trusted := probetls.Config{Verify: true, CA: s.authority}
	const (
		admin = "cn=admin,dc=example,dc=com"
		pool  = "cn=pool,dc=example,dc=com"
	)
	for _, tt := range []struct {
		name   string
		addr   netip.AddrPort
		config ldap.Config
		want   string // in the reason; "" for up
	}{
		{"nobody", s.plain, ldap.Config{}, ""},
		{"the server itself", s.plain, ldap.Config{Receive: `^namingContexts: dc=example,dc=com$`}, ""},
		{"login", s.plain, ldap.Config{Login: admin, Passwd: "sesame"}, ""},
		{"wrong password", s.plain, ldap.Config{Login: admin, Passwd: "open"}, "bind: invalidCredentials (49)"},
		{"wrong name", s.plain, ldap.Config{Login: "admin", Passwd: "sesame"}, "bind: invalidDNSyntax (34): invalid DN"},
		{"entry", s.plain, ldap.Config{Base: pool}, ""},
		{"entry matches by name", s.plain, ldap.Config{Base: pool, Receive: "^cn=pool,"}, ""},
		{"entry matches by attribute", s.plain, ldap.Config{Base: pool, Receive: "^description: enabled$"}, ""},
		{"entry does not match", s.plain, ldap.Config{Base: pool, Receive: "disabled"}, "does not match receive: cn=pool,dc=example,dc=com"},
		{"filter", s.plain, ldap.Config{Base: pool, Request: "(&(objectClass=applicationProcess)(description=en*))"}, ""},
		{"filter does not match", s.plain, ldap.Config{Base: pool, Request: "(description=disabled)"}, "search: no entry"},
		{"no entry", s.plain, ldap.Config{Base: "cn=other,dc=example,dc=com"}, "search: noSuchObject (32)"},
		{"no right", s.plain, ldap.Config{Base: "cn=secret,dc=example,dc=com"}, "search: noSuchObject (32)"},
		{"right", s.plain, ldap.Config{Base: "cn=secret,dc=example,dc=com", Login: admin, Passwd: "sesame"}, ""},
		{"other suffix", s.plain, ldap.Config{Base: "dc=example,dc=org"}, "search: noSuchObject (32)"},
		{"big entry", s.plain, ldap.Config{Base: "cn=big,dc=example,dc=com", Receive: "^description: x+$"}, ""},
		{"tls", s.secure, ldap.Config{TLS: true, TLSConfig: trusted, Login: admin, Passwd: "sesame"}, ""},
		{"starttls", s.plain, ldap.Config{StartTLS: true, TLSConfig: trusted, Login: admin, Passwd: "sesame"}, ""},
		{"wrong certificate", s.plain, ldap.Config{StartTLS: true, TLSConfig: probetls.Config{Verify: true}}, "unknown certificate authority"},
		{"tls twice", s.secure, ldap.Config{}, "connection"}, // closed or reset
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newProbe(t, tt.config)
			if err := p.Prepare(); err != nil {
				t.Fatal(err)
			}
			_, err := probetest.Ask(t.Context(), p, healthcheck.Target{Addr: tt.addr})
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
