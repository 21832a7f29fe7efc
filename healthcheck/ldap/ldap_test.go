package ldap_test

import (
	"strings"
	"testing"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/ldap"
	"github.com/ldirector/ldirector/healthcheck/probetls"
	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/internal/probetest"
)

var _ healthcheck.Talker = (*ldap.Probe)(nil)
var _ healthcheck.Preparer = (*ldap.Probe)(nil)

func newProbe(t testing.TB, c ldap.Config) *ldap.Probe {
	t.Helper()
	p, err := ldap.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestNewRefuses(t *testing.T) {
	for name, c := range map[string]ldap.Config{
		"passwd alone": {Passwd: "x"},
		"login alone":  {Login: "cn=x"},
		"filter":       {Request: "cn=x"},
		"receive":      {Receive: "("},
		"tls twice":    {TLS: true, StartTLS: true},
		"tls":          {TLS: true, TLSConfig: probetls.Config{Key: "k"}},
	} {
		if _, err := ldap.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// ber returns an element with a short length.
func ber(tag byte, contents ...string) string {
	all := strings.Join(contents, "")
	return string([]byte{tag, byte(len(all))}) + all
}

// message returns a message.
func message(number byte, operation string) string {
	return ber(0x30, "\x02\x01"+string([]byte{number}), operation)
}

// result returns an answer with a result.
func result(tag, code byte, text string) string {
	return ber(tag, "\x0a\x01"+string([]byte{code}), ber(0x04), ber(0x04, text))
}

func TestAnswers(t *testing.T) {
	bound := message(1, result(0x61, 0, ""))
	entry := message(2, ber(0x64, ber(0x04, "cn=a"), ber(0x30, ber(0x30, ber(0x04, "b"), ber(0x31, ber(0x04, "c"), ber(0x04, "d"))))))
	done := message(2, result(0x65, 0, ""))
	for _, tt := range []struct {
		name   string
		config ldap.Config
		said   string
		want   string // reason; "" for up
	}{
		{"entry", ldap.Config{}, bound + entry + done, ""},
		{"long lengths", ldap.Config{}, bound + entry + "\x30\x84\x00\x00\x00\x10" + done[2:5] + "\x65\x84\x00\x00\x00\x07" + done[7:], ""},
		{"reference before", ldap.Config{}, bound + message(2, ber(0x73, ber(0x04, "ldap://x"))) + entry + done, ""},
		{"other answers", ldap.Config{}, bound + message(1, result(0x61, 1, "")) + message(7, "\x42\x00") + entry + done, ""},
		{"receive", ldap.Config{Receive: "^b: d$"}, bound + entry + done, ""},
		{"receive name", ldap.Config{Receive: "^cn=a$"}, bound + entry + done, ""},
		{"receive nothing", ldap.Config{Receive: "e"}, bound + entry + done, "does not match receive: cn=a"},
		{"no entry", ldap.Config{}, bound + done, "search: no entry"},
		{"referral", ldap.Config{}, bound + message(2, result(0x65, 10, "")), "search: referral (10)"},
		{"busy", ldap.Config{}, message(1, result(0x61, 51, "too many\n")), "bind: busy (51): too many"},
		{"unknown result", ldap.Config{}, message(1, result(0x61, 99, "")), "bind: result 99"},
		{"disconnected", ldap.Config{}, message(0, result(0x78, 52, "shutting down")), "disconnected: unavailable (52): shutting down"},
		{"disconnected well", ldap.Config{}, message(0, result(0x78, 0, "")), "disconnected: result 0"},
		{"no StartTLS", ldap.Config{StartTLS: true}, message(1, result(0x78, 2, "unsupported")), "StartTLS: protocolError (2): unsupported"},
		{"another operation", ldap.Config{}, message(1, result(0x78, 0, "")), "malformed message of LDAP"},
		{"another operation in a search", ldap.Config{}, bound + message(2, result(0x61, 0, "")), "malformed message of LDAP"},
		{"bad entry", ldap.Config{}, bound + message(2, ber(0x64, ber(0x04, "cn=a"), ber(0x30, ber(0x30, ber(0x04, "b"))))) + done, "malformed message of LDAP"},
		{"long code", ldap.Config{}, message(1, ber(0x61, "\x0a\x02\x00\x00", ber(0x04), ber(0x04))), "malformed message of LDAP"},
		{"other protocol", ldap.Config{}, "HTTP/1.1 400 Bad Request\r\n", "malformed message of LDAP"},
		{"indefinite length", ldap.Config{}, "\x30\x80\x02\x01\x01", "malformed message of LDAP"},
		{"promise", ldap.Config{}, "\x30\x84\x3f\xff\xff\xff", "server closed the connection"},
		{"big promise", ldap.Config{}, "\x30\x84\xff\xff\xff\xff", "malformed message of LDAP"},
		{"answers without end", ldap.Config{}, strings.Repeat(message(7, "\x42\x00"), 100), "malformed message of LDAP"},
		{"references without end", ldap.Config{}, bound + strings.Repeat(message(2, ber(0x73)), 100), "malformed message of LDAP"},
	} {
		err := probetest.Talk(t, newProbe(t, tt.config), []byte(tt.said), "sesame")
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestHostileServers(t *testing.T) {
	t.Parallel()
	p := newProbe(t, ldap.Config{Login: "cn=alice", Passwd: "sesame"})
	probetest.Survives(t, p, []string{"sesame"}, "", message(1, result(0x61, 0, "")), message(2, ber(0x64, ber(0x04), ber(0x30))))
	probetest.Survives(t, newProbe(t, ldap.Config{StartTLS: true}), nil, "", message(1, result(0x78, 0, "")))
	probetest.Survives(t, newProbe(t, ldap.Config{TLS: true}), nil)
	probetest.Secretive(t, p, nettest.Answer(message(1, result(0x61, 49, "you said sesame")), nettest.Silent), "sesame")
}

func FuzzLDAP(f *testing.F) {
	bound := message(1, result(0x61, 0, ""))
	f.Add([]byte(bound + message(2, ber(0x64, ber(0x04, "cn=a"), ber(0x30, ber(0x30, ber(0x04, "b"), ber(0x31, ber(0x04, "c")))))) + message(2, result(0x65, 0, ""))))
	f.Add([]byte(message(0, result(0x78, 52, "x"))))
	f.Add([]byte("\x30\x84\x00\x00\x00\x03\x02\x01\x01"))
	p := newProbe(f, ldap.Config{Login: "cn=alice", Passwd: "sesame", Receive: "c"})
	f.Fuzz(func(t *testing.T, said []byte) { probetest.Talk(t, p, said, "sesame") })
}
