package pgsql_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/pgsql"
	"github.com/ldirector/ldirector/healthcheck/probetls"
	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/internal/probetest"
)

var _ healthcheck.Talker = (*pgsql.Probe)(nil)
var _ healthcheck.Preparer = (*pgsql.Probe)(nil)

func newProbe(t testing.TB, c pgsql.Config) *pgsql.Probe {
	t.Helper()
	p, err := pgsql.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// message returns a message.
func message(kind byte, body string) string {
	return string(binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(body)+4))) + body
}

const (
	letIn = "\x00\x00\x00\x00"
	clear = "\x00\x00\x00\x03"
	sasl  = "\x00\x00\x00\x0aSCRAM-SHA-256-PLUS\x00SCRAM-SHA-256\x00\x00"
	row   = "\x00\x01\x00\x00\x00\x011"
)

// refused is an error message.
func refused(code, text string) string {
	return message('E', "SFATAL\x00VFATAL\x00C"+code+"\x00M"+text+"\x00Fpostmaster.c\x00\x00")
}

func TestNewRefuses(t *testing.T) {
	for name, c := range map[string]pgsql.Config{
		"passwd alone":  {Passwd: "x"},
		"request alone": {Request: "SELECT 1"},
		"receive":       {Login: "a", Receive: "("},
		"zero byte":     {Login: "a\x00"},
		"zero, request": {Login: "a", Request: "SELECT 1\x00"},
		"tls":           {TLS: true, TLSConfig: probetls.Config{Key: "k"}},
	} {
		if _, err := pgsql.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestAnswers(t *testing.T) {
	account := pgsql.Config{Login: "alice", Passwd: "sesame", Receive: "^1$"}
	in := message('R', clear) + message('R', letIn) + message('S', "a\x00b\x00") + message('K', "12345678") + message('Z', "I")
	for _, tt := range []struct {
		name   string
		config pgsql.Config
		said   string
		want   string // reason; "" for up
	}{
		{"nobody is asked", pgsql.Config{}, message('R', clear), ""},
		{"nobody is asked for something new", pgsql.Config{}, message('R', "\x00\x00\x00\x63"), ""},
		{"nobody is let in", pgsql.Config{}, message('R', letIn) + message('Z', "I"), ""},
		{"nobody is let in, too many", pgsql.Config{}, message('R', letIn) + refused("53300", "too many clients"), "ERROR 53300: too many clients"},
		{"nobody is unknown", pgsql.Config{}, refused("28000", `role "ldirector" does not exist`), ""},
		{"nobody has no database", pgsql.Config{}, message('R', letIn) + refused("3D000", `no database`), ""},
		{"starts", pgsql.Config{}, refused("57P03", "the database system is starting up"), "ERROR 57P03: the database system is starting up"},
		{"bad code", pgsql.Config{}, refused("28", "?\n"), "ERROR 28: ?"},
		{"no code", pgsql.Config{}, message('E', "Mx\x00"), "malformed message of PostgreSQL"},
		{"before 7.4", pgsql.Config{}, "EFATAL: too old\n\x00", "malformed message of PostgreSQL"},
		{"other protocol", pgsql.Config{}, "SSH-2.0-OpenSSH_9.2\r\n", "malformed message of PostgreSQL"},
		{"short question", pgsql.Config{}, message('R', "\x00"), "malformed message of PostgreSQL"},
		{"no TLS", pgsql.Config{TLS: true}, "N", "server does not speak TLS"},
		{"neither", pgsql.Config{TLS: true}, "E", "malformed message of PostgreSQL"},
		{"early bytes", pgsql.Config{TLS: true}, "S" + message('Z', "I"), "server sent 6 bytes before the TLS handshake"},
		{"kerberos", account, message('R', "\x00\x00\x00\x07"), "server wants the authentication method 7, which is not known: use scram-sha-256 for this role"},
		{"other mechanism", account, message('R', "\x00\x00\x00\x0aOAUTHBEARER\x00\x00"), "server does not offer SCRAM-SHA-256 but: OAUTHBEARER??"},
		{"no proof", account, message('R', sasl) + message('R', letIn), "server does not prove that it knows the password"},
		{"proof of nothing", account, message('R', sasl) + message('R', "\x00\x00\x00\x0cv="), "server does not prove that it knows the password"},
		{"proof before all", account, message('R', "\x00\x00\x00\x0cv="), "malformed message of PostgreSQL"},
		{"challenge before all", account, message('R', "\x00\x00\x00\x0br=a"), "malformed message of PostgreSQL"},
		{"bad challenge", account, message('R', sasl) + message('R', "\x00\x00\x00\x0br=a"), "malformed message of PostgreSQL"},
		{"row", account, in + message('T', "\x00\x00") + message('N', "") + message('D', row), ""},
		{"no row", account, in + message('C', "SELECT 0\x00"), "request returned no row"},
		{"other rows", account, in + message('D', "\x00\x01\xff\xff\xff\xff") + message('C', ""), "does not match receive: (nothing)"},
		{"long column", account, in + message('D', "\x00\x01\x00\x00\x00\x021"), "malformed message of PostgreSQL"},
		{"short row", account, in + message('D', "\x00\x01\x00"), "malformed message of PostgreSQL"},
		{"very short row", account, in + message('D', "\x00"), "malformed message of PostgreSQL"},
		{"refused in rows", account, in + refused("57P01", "terminating connection"), "ERROR 57P01: terminating connection"},
		{"truncated", account, in + message('D', row)[:8], "server closed the connection"},
	} {
		err := probetest.Talk(t, newProbe(t, tt.config), []byte(tt.said), "sesame")
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestHostileServers(t *testing.T) {
	t.Parallel()
	p := newProbe(t, pgsql.Config{Login: "alice", Passwd: "sesame"})
	probetest.Survives(t, p, []string{"sesame"}, "", message('R', clear), message('R', letIn)+message('Z', "I"))
	probetest.Survives(t, p, []string{"sesame"}, "", message('R', sasl))
	probetest.Survives(t, newProbe(t, pgsql.Config{TLS: true}), nil, "", "S")
	probetest.Secretive(t, p, nettest.Answer(message('R', clear), nettest.Answer(refused("28P01", "you said sesame"), nettest.Silent)), "sesame")
	endless := nettest.Serve(t, nettest.Flood(message('N', strings.Repeat("x", 100)), 1<<30))
	probetest.Fails(t, p, "notices without end", endless)
}

func FuzzPostgres(f *testing.F) {
	in := message('R', clear) + message('R', letIn) + message('Z', "I")
	f.Add([]byte(in + message('D', "\x00\x01\xff\xff\xff\xff") + message('D', row)))
	f.Add([]byte(message('R', sasl) + message('R', "\x00\x00\x00\x0br=a,s=W22Z,i=1") + message('R', "\x00\x00\x00\x0cv=")))
	f.Add([]byte(refused("57P03", "the database system is starting up")))
	p := newProbe(f, pgsql.Config{Login: "alice", Passwd: "sesame", Receive: "1"})
	f.Fuzz(func(t *testing.T, said []byte) { probetest.Talk(t, p, said, "sesame") })
}
