package pgsql_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/pgsql"
	"github.com/ldirector/ldirector/healthcheck/probetls"
	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/internal/probetest"
)

const (
	bin      = "/usr/lib/postgresql/15/bin/"
	password = "s\u00e9same \u2168"
	roles    = `
CREATE ROLE alice LOGIN PASSWORD '` + password + `';
SET password_encryption = md5;
CREATE ROLE bob LOGIN PASSWORD 'sesame';
CREATE ROLE carol LOGIN PASSWORD 'sesame';
CREATE ROLE dave LOGIN;
CREATE TABLE pool (state text, n int);
INSERT INTO pool VALUES (NULL, 0), ('disabled', 1), ('enabled', 2);
CREATE TABLE big (content text);
INSERT INTO big VALUES (repeat('x', 2000000));
GRANT SELECT ON pool, big TO alice;
`
	hosts = `
local all all trust
host all alice 127.0.0.1/32 scram-sha-256
host all bob 127.0.0.1/32 md5
host all carol 127.0.0.1/32 password
host all dave 127.0.0.1/32 trust
host all ldirector 127.0.0.1/32 trust
`
)

// asNobody returns a command line for a user without rights, whom PostgreSQL
// wants.
func asNobody(words ...string) []string {
	return append([]string{"--reuid=65534", "--regid=65534", "--clear-groups"}, words...)
}

// startPostgres starts a server without a role ldirector.
func startPostgres(t *testing.T, options ...string) healthcheck.Target {
	t.Helper()
	nettest.Require(t, nettest.NetNS, nettest.Feature(bin+"postgres")) // it must not be root, so the test has to
	dir := probetest.Dir(t, t.TempDir())
	data := filepath.Join(dir, "data")
	if err := errors.Join(os.Mkdir(data, 0o700), os.Chown(data, 65534, 65534)); err != nil {
		t.Fatal(err)
	}
	for _, command := range []struct {
		words []string
		stdin string
	}{
		{[]string{bin + "initdb", "--no-sync", "--no-instructions", "--auth=trust", "--username=root", "--encoding=UTF8", "--locale=C", "-D", data}, ""},
		{[]string{bin + "postgres", "--single", "-D", data, "-j", "postgres"}, strings.ReplaceAll(roles, ";\n", ";\n\n")},
	} {
		cmd := probetest.Command(t, "setpriv", asNobody(command.words...)...)
		cmd.Stdin, cmd.Dir = strings.NewReader(command.stdin), data
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	probetest.Write(t, filepath.Join(data, "pg_hba.conf"), hosts)
	addr := nettest.FreePort(t)
	words := asNobody(bin+"postgres", "-D", data, "-p", fmt.Sprint(addr.Port()), "-k", "", "-F", "-c", "listen_addresses=127.0.0.1")
	p := nettest.Start(t, "setpriv", append(words, options...)...)
	probetest.Listening(t, p, addr)
	target := healthcheck.Target{Addr: addr}
	nettest.Eventually(t, time.Minute, "PostgreSQL has started", func() error {
		_, err := probetest.Ask(t.Context(), newProbe(t, pgsql.Config{}), target)
		return err
	})
	return target
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	dir := probetest.Dir(t, t.TempDir())
	authority := nettest.NewAuthority(t, dir)
	cert, key := authority.Issue(time.Hour, "127.0.0.1")
	if err := errors.Join(os.Chmod(key, 0o600), os.Chown(key, 65534, 65534)); err != nil {
		t.Fatal(err)
	}
	target := startPostgres(t, "-c", "ssl=on", "-c", "ssl_cert_file="+cert, "-c", "ssl_key_file="+key)
	trusted := probetls.Config{Verify: true, CA: authority.File}
	alice := func(request, receive string) pgsql.Config {
		return pgsql.Config{Login: "alice", Passwd: password, Database: "postgres", Request: request, Receive: receive}
	}
	for _, tt := range []struct {
		name   string
		config pgsql.Config
		want   string // in the reason; "" for up
	}{
		{"nobody", pgsql.Config{}, ""},
		{"nobody, tls", pgsql.Config{TLS: true, TLSConfig: trusted}, ""},
		{"scram", alice("", ""), ""},
		{"scram, tls", pgsql.Config{Login: "alice", Passwd: password, Database: "postgres", TLS: true, TLSConfig: trusted}, ""},
		{"md5", pgsql.Config{Login: "bob", Passwd: "sesame", Database: "postgres"}, ""},
		{"clear", pgsql.Config{Login: "carol", Passwd: "sesame", Database: "postgres"}, ""},
		{"trust", pgsql.Config{Login: "dave", Database: "postgres"}, ""},
		{"wrong certificate", pgsql.Config{TLS: true, TLSConfig: probetls.Config{Verify: true}}, "unknown certificate authority"},
		{"wrong password", pgsql.Config{Login: "alice", Passwd: "open", Database: "postgres"}, `ERROR 28P01: password authentication failed for user "alice"`},
		{"wrong password, md5", pgsql.Config{Login: "bob", Passwd: "open", Database: "postgres"}, `ERROR 28P01: password authentication failed for user "bob"`},
		{"no password", pgsql.Config{Login: "alice", Database: "postgres"}, "server wants a password"},
		{"no such role", pgsql.Config{Login: "erin", Database: "postgres"}, "ERROR 28000: no pg_hba.conf entry"},
		{"no database", pgsql.Config{Login: "dave"}, `ERROR 3D000: database "dave" does not exist`},
		{"no table", alice("SELECT * FROM other", ""), `ERROR 42P01: relation "other" does not exist`},
		{"no row", alice("SELECT * FROM pool WHERE n = 7", ""), "request returned no row"},
		{"no query", alice("SET application_name = 'x'", ""), "request returned no row"},
		{"empty query", alice(";", ""), "request returned no row"},
		{"no column", alice("SELECT FROM pool", ""), ""},
		{"copy", alice("COPY pool TO STDOUT", ""), "request must be a query"},
		{"receive", alice("SELECT * FROM pool", "^enabled$"), ""},
		{"receive, first column alone", alice("SELECT * FROM pool ORDER BY n", "2"), "does not match receive: enabled"},
		{"receive, null", alice("SELECT NULL", "x"), "does not match receive: (nothing)"},
		{"big row", alice("SELECT * FROM big", ""), "server sent more than 1024 KiB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newProbe(t, tt.config)
			if err := p.Prepare(); err != nil {
				t.Fatal(err)
			}
			_, err := probetest.Ask(t.Context(), p, target)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
