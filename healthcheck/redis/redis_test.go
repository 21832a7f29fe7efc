package redis_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/probetls"
	"github.com/ldirector/ldirector/healthcheck/redis"
	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/internal/probetest"
)

var _ healthcheck.Talker = (*redis.Probe)(nil)
var _ healthcheck.Preparer = (*redis.Probe)(nil)

func newProbe(t testing.TB, c redis.Config) *redis.Probe {
	t.Helper()
	p, err := redis.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// startRedis starts a server with these options.
func startRedis(t *testing.T, options ...string) healthcheck.Target {
	t.Helper()
	nettest.Require(t, "redis-server")
	addr := nettest.FreePort(t)
	args := append([]string{"--port", strconv.Itoa(int(addr.Port())), "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir()}, options...)
	probetest.Listening(t, nettest.Start(t, "redis-server", args...), addr)
	return healthcheck.Target{Addr: addr}
}

func TestRedis(t *testing.T) {
	t.Parallel()
	authority := nettest.NewAuthority(t, t.TempDir())
	cert, key := authority.Issue(time.Hour, "127.0.0.1")
	secure := nettest.FreePort(t)
	open := startRedis(t, "--tls-port", strconv.Itoa(int(secure.Port())), "--tls-cert-file", cert, "--tls-key-file", key,
		"--tls-ca-cert-file", authority.File, "--tls-auth-clients", "no")
	closed := startRedis(t, "--requirepass", "sesame", "--user", "carol", "on", ">tree", "+ping", "--replicaof", "127.0.0.1 1", "--replica-serve-stale-data", "yes")
	stale := startRedis(t, "--replicaof", "127.0.0.1 1", "--replica-serve-stale-data", "no")
	trusted := probetls.Config{Verify: true, CA: authority.File}
	for _, tt := range []struct {
		name   string
		target healthcheck.Target
		config redis.Config
		want   string // in the reason; "" for up
	}{
		{"ping", open, redis.Config{}, ""},
		{"master", open, redis.Config{Role: "master"}, ""},
		{"no slave", open, redis.Config{Role: "slave"}, "role is master, not slave"},
		{"tls", healthcheck.Target{Addr: secure}, redis.Config{TLS: true, TLSConfig: trusted, Role: "master"}, ""},
		{"wrong certificate", healthcheck.Target{Addr: secure}, redis.Config{TLS: true, TLSConfig: probetls.Config{Verify: true}}, "unknown certificate authority"},
		{"plain to tls", healthcheck.Target{Addr: secure}, redis.Config{}, "connection"}, // closed or reset,
		{"password needed", closed, redis.Config{}, "NOAUTH Authentication required."},
		{"password", closed, redis.Config{Passwd: "sesame", Role: "slave"}, ""},
		{"user", closed, redis.Config{Login: "carol", Passwd: "tree"}, ""},
		{"user without rights", closed, redis.Config{Login: "carol", Passwd: "tree", Role: "slave"}, "NOPERM"},
		{"wrong password", closed, redis.Config{Passwd: "open"}, "WRONGPASS"},
		{"password not needed", open, redis.Config{Login: "carol", Passwd: "tree"}, "WRONGPASS"},
		{"master lost", stale, redis.Config{}, "MASTERDOWN"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := probetest.Ask(t.Context(), newProbe(t, tt.config), tt.target)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	for name, c := range map[string]redis.Config{
		"role":        {Role: "king"},
		"login alone": {Login: "carol"},
		"tls":         {TLS: true, TLSConfig: probetls.Config{Key: "k"}},
	} {
		if _, err := redis.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestHostileServers(t *testing.T) {
	t.Parallel()
	p := newProbe(t, redis.Config{Passwd: "sesame", Role: "slave"})
	probetest.Survives(t, p, []string{"sesame"}, "", "+OK\r\n", "+PONG\r\n", "*3\r\n$5\r\n")
	probetest.Survives(t, newProbe(t, redis.Config{TLS: true}), nil)
	probetest.Secretive(t, p, probetest.Echo("-ERR you said "), "sesame")
}

func TestAnswers(t *testing.T) {
	p := newProbe(t, redis.Config{Role: "master"})
	for said, want := range map[string]string{
		"+PONG\r\n*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n": "",
		"+PONG\r\n*1\r\n+master\r\n":                  "",
		"$4\r\nPONG\r\n$6\r\nmaster\r\n":              "",
		"+HELLO\r\n":                                  "answer to PING: HELLO",
		"-LOADING Redis is loading\r\n":               "LOADING Redis is loading",
		"$-1\r\n":                                     "no answer of Redis: $-1",
		"$1025\r\n":                                   "no answer of Redis: $1025",
		"*0\r\n":                                      "no answer of Redis: *0",
		"\r\n":                                        "no answer of Redis: (nothing)",
		"HTTP/1.1 400 Bad Request\r\n":                "no answer of Redis: HTTP/1.1 400 Bad Request",
		"$4\r\nPO":                                    "server closed the connection",
	} {
		err := probetest.Talk(t, p, []byte(said))
		if want == "" && err != nil || want != "" && (err == nil || err.Error() != want) {
			t.Errorf("%q: got %v, want %q", said, err, want)
		}
	}
}

func FuzzRedis(f *testing.F) {
	f.Add([]byte("+OK\r\n+PONG\r\n*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n"))
	f.Add([]byte("-ERR no\r\n"))
	f.Add([]byte("+OK\n$4\nPONG\r\n*-1\n"))
	p := newProbe(f, redis.Config{Passwd: "sesame", Role: "master"})
	f.Fuzz(func(t *testing.T, said []byte) { probetest.Talk(t, p, said, "sesame") })
}
