package mysql_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/mysql"
	"github.com/ldirector/ldirector/healthcheck/probetls"
	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/internal/probetest"
)

var _ healthcheck.Talker = (*mysql.Probe)(nil)
var _ healthcheck.Preparer = (*mysql.Probe)(nil)

func newProbe(t testing.TB, c mysql.Config) *mysql.Probe {
	t.Helper()
	p, err := mysql.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// packet returns a packet.
func packet(sequence byte, payload string) string {
	n := len(payload)
	return string([]byte{byte(n), byte(n >> 8), byte(n >> 16), sequence}) + payload
}

const scramble = "12345678abcdefghijkl"

// hello is a greeting of MySQL 8 with TLS.
func hello(method string) string {
	return packet(0, "\x0a8.0.36\x00\x01\x00\x00\x00"+scramble[:8]+"\x00\xff\xff\x2d\x02\x00\xff\xdf\x15"+strings.Repeat("\x00", 10)+
		scramble[8:]+"\x00"+method+"\x00")
}

const (
	okay      = "\x00\x00\x00\x02\x00\x00\x00"
	end       = "\xfe\x00\x00\x02\x00"
	denied    = "\xff\x15\x04#28000Access denied for user ''@'h'"
	busy      = "\xff\x10\x04#08004Too many connections"
	blocked   = "\xff\x69\x04Host 'h' is blocked because of many connection errors"
	column    = "\x03def\x00\x00\x00\x011\x00\x0c\x3f\x00\x01\x00\x00\x00\x08\x81\x00\x00\x00\x00"
	shutdown  = "\xff\x1d\x04#08S01Server shutdown in progress"
	transport = "\xff\x57\x0c#HY000Connections using insecure transport are prohibited"
)

func TestNewRefuses(t *testing.T) {
	for name, c := range map[string]mysql.Config{
		"passwd alone":  {Passwd: "x"},
		"request alone": {Request: "SELECT 1"},
		"receive":       {Login: "a", Receive: "("},
		"zero byte":     {Login: "a\x00"},
		"long login":    {Login: strings.Repeat("x", 256)},
		"long request":  {Login: "a", Request: strings.Repeat("x", 1<<16+1)},
		"tls":           {TLS: true, TLSConfig: probetls.Config{Key: "k"}},
	} {
		if _, err := mysql.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestAnswers(t *testing.T) {
	account := mysql.Config{Login: "alice", Passwd: "sesame", Receive: "^1$"}
	in := hello("mysql_native_password") + packet(2, okay)
	for _, tt := range []struct {
		name   string
		config mysql.Config
		said   string
		want   string // reason; "" for up
	}{
		{"nobody is refused", mysql.Config{}, hello("") + packet(2, denied), ""},
		{"nobody is let in", mysql.Config{}, hello("x") + packet(2, okay), ""},
		{"nobody, another method", mysql.Config{}, hello("x") + packet(2, "\xfey\x00"+scramble+"\x00") + packet(4, denied), ""},
		{"nobody, insecure", mysql.Config{}, hello("") + packet(2, transport), ""},
		{"nobody, busy", mysql.Config{}, hello("") + packet(2, busy), "ERROR 1040: Too many connections"},
		{"busy", mysql.Config{}, packet(0, busy), "ERROR 1040: Too many connections"},
		{"blocked", mysql.Config{}, packet(0, blocked), "ERROR 1129: Host 'h' is blocked because of many connection errors"},
		{"refused in place of a greeting", mysql.Config{}, packet(0, denied), "ERROR 1045: Access denied for user ''@'h'"},
		{"other version", mysql.Config{}, packet(0, "\x093.21\x00"), "protocol version 9 of MySQL is not known, only 10"},
		{"other protocol", mysql.Config{}, "SSH-2.0-OpenSSH_9.2\r\n", "malformed packet of MySQL"},
		{"truncated", mysql.Config{}, hello("")[:30], "server closed the connection"},
		{"no TLS", mysql.Config{TLS: true}, strings.Replace(hello(""), "\xff\xff\x2d", "\xff\xf7\x2d", 1), "server does not speak TLS"},
		{"old", mysql.Config{}, strings.Replace(hello(""), "\xff\xff\x2d", "\xff\x7f\x2d", 1), "server is older than MySQL 4.1"},
		{"very old password", account, hello("") + packet(2, "\xfe"), "server wants the password as before MySQL 4.1, which is not safe"},
		{"clear password", account, hello("") + packet(2, "\xfemysql_clear_password\x00"), "server wants the password in the clear: use tls"},
		{"unknown method", account, hello("") + packet(2, "\xfeauth_gssapi\x1b\x00"), "server wants the authentication method auth_gssapi?, which is not known: use caching_sha2_password or mysql_native_password for this account"},
		{"endless login", mysql.Config{}, hello("") + packet(2, "\xfey\x00") + packet(4, "\xfey\x00") + packet(6, "\xfey\x00") + packet(8, "\xfey\x00") +
			packet(10, "\xfey\x00") + packet(12, "\xfey\x00") + packet(14, "\xfey\x00") + packet(16, "\xfey\x00"), "malformed packet of MySQL"},
		{"row", account, in + packet(1, "\x01") + packet(2, column) + packet(3, end) + packet(4, "\x011"), ""},
		{"no row", account, in + packet(1, "\x01") + packet(2, column) + packet(3, end) + packet(4, end), "request returned no row"},
		{"other rows", account, in + packet(1, "\x01") + packet(2, column) + packet(3, end) + packet(4, "\x012") + packet(5, "\xfb") + packet(6, end), "does not match receive: (nothing)"},
		{"refused in rows", account, in + packet(1, "\x01") + packet(2, column) + packet(3, end) + packet(4, shutdown), "ERROR 1053: Server shutdown in progress"},
		{"long column", account, in + packet(1, "\x01") + packet(2, column) + packet(3, end) + packet(4, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff1"), "malformed packet of MySQL"},
		{"many columns", account, in + packet(1, "\xfd\x00\x00\xff"), "malformed packet of MySQL"},
		{"file", account, in + packet(1, "\xfb/etc/passwd"), "server wants to read a file of this host"},
		{"out of sequence", account, in + packet(2, "\x01"), "malformed packet of MySQL"},
		{"short error", account, in + packet(1, "\xff\x15"), "malformed packet of MySQL"},
	} {
		err := probetest.Talk(t, newProbe(t, tt.config), []byte(tt.said), "sesame")
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

// A mysql8 lets alice in with caching_sha2_password.
type mysql8 struct {
	t         *testing.T
	key       *rsa.PrivateKey
	remembers bool
}

func (s mysql8) read(c net.Conn) (sequence byte, payload string) {
	header := make([]byte, 4)
	if _, err := io.ReadFull(c, header); err != nil {
		return 0, ""
	}
	b := make([]byte, int(header[0])|int(header[1])<<8)
	if _, err := io.ReadFull(c, b); err != nil {
		return 0, ""
	}
	return header[3], string(b)
}

// serve is the server after the greeting.
func (s mysql8) serve(c net.Conn, secure bool) {
	n, response := s.read(c)
	once := sha256.Sum256([]byte("sesame"))
	twice := sha256.Sum256(once[:])
	mask := sha256.Sum256(append(twice[:], scramble...))
	for i := range once {
		once[i] ^= mask[i]
	}
	if !strings.HasSuffix(response, "alice\x00\x20"+string(once[:])+"caching_sha2_password\x00") {
		io.WriteString(c, packet(n+1, denied))
		return
	}
	if s.remembers {
		io.WriteString(c, packet(n+1, "\x01\x03")+packet(n+2, okay))
	} else {
		io.WriteString(c, packet(n+1, "\x01\x04"))
		n, response = s.read(c)
		if !secure {
			n, response = s.decrypt(c, n, response)
		}
		if response != "sesame\x00" {
			io.WriteString(c, packet(n+1, denied))
			return
		}
		io.WriteString(c, packet(n+1, okay))
	}
	if _, query := s.read(c); query == "\x03SELECT 1" {
		io.WriteString(c, packet(1, "\x01")+packet(2, column)+packet(3, end)+packet(4, "\x011")+packet(5, end))
	}
	nettest.Silent(c)
}

// decrypt sends the public key that is asked for, and reads the password.
func (s mysql8) decrypt(c net.Conn, n byte, asked string) (sequence byte, password string) {
	if asked != "\x02" {
		return n, ""
	}
	public, err := x509.MarshalPKIXPublicKey(&s.key.PublicKey)
	if err != nil {
		s.t.Error(err)
	}
	io.WriteString(c, packet(n+1, "\x01"+string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))))
	n, secret := s.read(c)
	text, err := rsa.DecryptOAEP(sha1.New(), nil, s.key, []byte(secret), nil)
	if err != nil {
		s.t.Error(err)
	}
	for i := range text {
		text[i] ^= scramble[i%len(scramble)]
	}
	return n, string(text)
}

func TestCachingSHA2(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	authority := nettest.NewAuthority(t, t.TempDir())
	cert, certKey := authority.Issue(time.Hour, "127.0.0.1")
	for _, remembers := range []bool{false, true} {
		s := mysql8{t, key, remembers}
		plain := nettest.Serve(t, nettest.Say(hello("caching_sha2_password"), func(c net.Conn) { s.serve(c, false) }))
		secure := nettest.Serve(t, nettest.Say(hello("caching_sha2_password"), func(c net.Conn) {
			s.read(c)
			probetest.TLS(t, cert, certKey, func(c net.Conn) { s.serve(c, true) })(c)
		}))
		config := mysql.Config{Login: "alice", Passwd: "sesame"}
		if _, err := probetest.Ask(t.Context(), newProbe(t, config), healthcheck.Target{Addr: plain}); err != nil {
			t.Errorf("remembers %t: %v", remembers, err)
		}
		config.TLS, config.TLSConfig = true, probetls.Config{Verify: true, CA: authority.File}
		if _, err := probetest.Ask(t.Context(), newProbe(t, config), healthcheck.Target{Addr: secure}); err != nil {
			t.Errorf("remembers %t, tls: %v", remembers, err)
		}
		config.Passwd = "open"
		if _, err := probetest.Ask(t.Context(), newProbe(t, config), healthcheck.Target{Addr: secure}); err == nil || !strings.HasPrefix(err.Error(), "ERROR 1045: ") {
			t.Errorf("remembers %t, wrong password: %v", remembers, err)
		}
	}
}

func TestHostileServers(t *testing.T) {
	t.Parallel()
	p := newProbe(t, mysql.Config{Login: "alice", Passwd: "sesame"})
	probetest.Survives(t, p, []string{"sesame"}, hello("mysql_native_password"), packet(2, okay), packet(1, "\x01")+packet(2, column)+packet(3, end))
	probetest.Survives(t, newProbe(t, mysql.Config{TLS: true}), nil, hello(""))
	probetest.Secretive(t, p, nettest.Say(hello("mysql_native_password"), nettest.Answer(packet(2, "\xff\x15\x04#28000you said sesame"), nettest.Silent)), "sesame")
}

func FuzzMySQL(f *testing.F) {
	in := hello("mysql_native_password") + packet(2, okay)
	f.Add([]byte(in + packet(1, "\x01") + packet(2, column) + packet(3, end) + packet(4, "\xfb") + packet(5, "\x011")))
	f.Add([]byte(hello("caching_sha2_password") + packet(2, "\x01\x03") + packet(3, denied)))
	f.Add([]byte(hello("caching_sha2_password") + packet(2, "\x01\x04") + packet(4, "\x01-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n")))
	f.Add([]byte(packet(0, blocked)))
	p := newProbe(f, mysql.Config{Login: "alice", Passwd: "sesame", Receive: "1"})
	f.Fuzz(func(t *testing.T, said []byte) { probetest.Talk(t, p, said, "sesame") })
}
