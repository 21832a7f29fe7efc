package mysql_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/mysql"
	"github.com/ldirector/ldirector/healthcheck/probetls"
	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/internal/probetest"
)

const accounts = `
CREATE USER alice@'%' IDENTIFIED BY 'sesame';
CREATE USER nobody@'%';
CREATE DATABASE app;
CREATE TABLE app.pool (state VARCHAR(20) NULL, n INT);
INSERT INTO app.pool VALUES (NULL, 0), ('disabled', 1), ('enabled', 2);
CREATE TABLE app.empty (state VARCHAR(20));
CREATE TABLE app.big (content LONGTEXT);
INSERT INTO app.big VALUES (REPEAT('x', 2000000));
GRANT SELECT ON app.* TO alice@'%';
`

// startMariaDB starts a server that allows a few connection errors only.
func startMariaDB(t *testing.T, options ...string) healthcheck.Target {
	t.Helper()
	nettest.Require(t, nettest.NetNS, "mariadbd") // it changes users, and must be root
	dir := probetest.Dir(t, t.TempDir())
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(data, 65534, 65534); err != nil { // nobody's numbers
		t.Fatal(err)
	}
	args := []string{"--no-defaults", "--user=nobody", "--datadir=" + data, "--innodb=OFF", "--default-storage-engine=Aria"}
	tables := []byte("CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\nSET @skip_auth_anonymous=1;\n")
	for _, name := range []string{"mysql_system_tables.sql", "mysql_system_tables_data.sql"} {
		b, err := os.ReadFile(filepath.Join("/usr/share/mysql", name))
		if err != nil {
			t.Fatal(err)
		}
		tables = append(tables, b...)
	}
	install := probetest.Command(t, "mariadbd", append(args, "--bootstrap")...)
	install.Stdin = bytes.NewReader(tables)
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	addr := nettest.FreePort(t)
	args = append(args, fmt.Sprintf("--port=%d", addr.Port()), "--bind-address=127.0.0.1", "--socket="+filepath.Join(data, "socket"),
		"--pid-file="+filepath.Join(data, "pid"), "--init-file="+probetest.Write(t, filepath.Join(dir, "init"), accounts))
	p := nettest.Start(t, "mariadbd", append(args, options...)...)
	probetest.Listening(t, p, addr)
	return healthcheck.Target{Addr: addr}
}

func TestMariaDB(t *testing.T) {
	t.Parallel()
	authority := nettest.NewAuthority(t, probetest.Dir(t, t.TempDir()))
	cert, key := authority.Issue(time.Hour, "127.0.0.1")
	target := startMariaDB(t, "--ssl-cert="+cert, "--ssl-key="+key)
	trusted := probetls.Config{Verify: true, CA: authority.File}
	for _, tt := range []struct {
		name   string
		config mysql.Config
		want   string // in the reason; "" for up
	}{
		{"nobody", mysql.Config{}, ""},
		{"nobody, tls", mysql.Config{TLS: true, TLSConfig: trusted}, ""},
		{"login", mysql.Config{Login: "alice", Passwd: "sesame"}, ""},
		{"login without password", mysql.Config{Login: "nobody"}, ""},
		{"tls", mysql.Config{Login: "alice", Passwd: "sesame", TLS: true, TLSConfig: trusted}, ""},
		{"wrong certificate", mysql.Config{Login: "alice", Passwd: "sesame", TLS: true, TLSConfig: probetls.Config{Verify: true}}, "unknown certificate authority"},
		{"wrong password", mysql.Config{Login: "alice", Passwd: "open"}, "ERROR 1045: Access denied for user 'alice'@'localhost' (using password: YES)"},
		{"wrong user", mysql.Config{Login: "bob"}, "ERROR 1045: Access denied for user 'bob'@'localhost' (using password: NO)"},
		{"database", mysql.Config{Login: "alice", Passwd: "sesame", Database: "app", Request: "SELECT n FROM pool"}, ""},
		{"no database", mysql.Config{Login: "alice", Passwd: "sesame", Database: "other"}, "ERROR 1044: Access denied"},
		{"no table", mysql.Config{Login: "alice", Passwd: "sesame", Database: "app", Request: "SELECT * FROM other"}, "ERROR 1146: Table 'app.other' doesn't exist"},
		{"no row", mysql.Config{Login: "alice", Passwd: "sesame", Request: "SELECT * FROM app.empty"}, "request returned no row"},
		{"no query", mysql.Config{Login: "alice", Passwd: "sesame", Request: "SET @a = 1"}, "request returned no row"},
		{"receive", mysql.Config{Login: "alice", Passwd: "sesame", Request: "SELECT * FROM app.pool", Receive: "^enabled$"}, ""},
		{"receive, first column alone", mysql.Config{Login: "alice", Passwd: "sesame", Request: "SELECT * FROM app.pool", Receive: "2"}, "does not match receive: enabled"},
		{"receive, null", mysql.Config{Login: "alice", Passwd: "sesame", Request: "SELECT NULL", Receive: "x"}, "does not match receive: (nothing)"},
		{"big row", mysql.Config{Login: "alice", Passwd: "sesame", Request: "SELECT * FROM app.big"}, "server sent more than 1024 KiB"},
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

// TestMariaDBDoesNotBlockThisHost asks from an address that the server keeps
// account of, which it does not of 127.0.0.1.
func TestMariaDBDoesNotBlockThisHost(t *testing.T) {
	t.Parallel()
	target := startMariaDB(t, "--max-connect-errors=3")
	target.Source = netip.MustParseAddrPort("127.0.0.2:0")
	for name, c := range map[string]mysql.Config{"nobody": {}, "account": {Login: "alice", Passwd: "sesame"}} {
		for n := range 6 {
			if _, err := probetest.Ask(t.Context(), newProbe(t, c), target); err != nil {
				t.Fatalf("%s, %d: %v", name, n, err)
			}
		}
	}
}
