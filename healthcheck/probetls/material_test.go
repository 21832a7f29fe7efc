package probetls_test

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/probetls"
)

func TestClientCertificate(t *testing.T) {
	ca := newAuthority(t, "CA", year)
	cert := ca.issue(year, "client.example")
	chain, key := files(t, cert)
	both := filepath.Join(t.TempDir(), "both.pem")
	write(t, both, append(read(t, key), read(t, chain)...))
	server := &tls.Config{Certificates: []tls.Certificate{ca.issue(year, "a.example")}, ClientAuth: tls.RequireAnyClientCert}
	for name, c := range map[string]probetls.Config{
		"two files":     {Certificate: chain, Key: key},
		"one file":      {Certificate: both},
		"encrypted key": {Certificate: chain, Key: encrypt(t, key, "secret"), KeyPassword: "secret"},
	} {
		_, seen, _, err := handshake(t, c, server)
		if err != nil || len(seen.PeerCertificates) != 1 || seen.PeerCertificates[0].DNSNames[0] != "client.example" {
			t.Errorf("%s: server saw %d certificates: %v", name, len(seen.PeerCertificates), err)
		}
	}
}

func TestRenewedCertificateActs(t *testing.T) {
	ca := newAuthority(t, "CA", year)
	server := &tls.Config{Certificates: []tls.Certificate{ca.issue(year, "a.example")}, ClientAuth: tls.RequireAnyClientCert}
	chain, key := files(t, ca.issue(year, "old.example"))
	p, err := probetls.New(probetls.Config{Certificate: chain, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	expect := func(step, name, warning string) {
		t.Helper()
		_, seen, got, err := handshakeWith(t, p, server)
		if err != nil || seen.PeerCertificates[0].DNSNames[0] != name || !strings.HasPrefix(got, warning) || (warning == "") != (got == "") {
			t.Fatalf("%s: error %v, warning %q", step, err, got)
		}
	}
	expect("first", "old.example", "")
	newChain, newKey := files(t, ca.issue(year, "renewed.example"))
	write(t, chain, read(t, newChain))
	expect("certificate without its key", "old.example", "certificates are those read before: client certificate ")
	if err := p.Prepare(); err == nil {
		t.Error("Prepare finds nothing to say of a certificate without its key")
	}
	write(t, key, read(t, newKey))
	expect("renewed", "renewed.example", "")
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	expect("key is gone", "renewed.example", "certificates are those read before: client key: ")
}

func TestPrepareSaysWhatIsWrong(t *testing.T) {
	ca := newAuthority(t, "CA", year)
	chain, key := files(t, ca.issue(year, "client.example"))
	_, otherKey := files(t, ca.issue(year, "client.example"))
	empty := filepath.Join(t.TempDir(), "empty.pem")
	write(t, empty, nil)
	pkcs8 := writePEM(t, "ENCRYPTED PRIVATE KEY", []byte("x"))
	tests := []struct {
		name   string
		config probetls.Config
		want   string // part of the error, "" for none
	}{
		{"nothing", probetls.Config{}, ""},
		{"all", probetls.Config{Verify: true, CA: ca.file(), Certificate: chain, Key: key}, ""},
		{"authority not used", probetls.Config{CA: "/nowhere"}, ""},
		{"no such authority", probetls.Config{Verify: true, CA: "/nowhere/ca.pem"}, "CA: open /nowhere/ca.pem: no such file"},
		{"no authority inside", probetls.Config{Verify: true, CA: empty}, "CA: " + empty + " holds no PEM certificate"},
		{"no such certificate", probetls.Config{Certificate: "/nowhere/c.pem", Key: key}, "client certificate: open /nowhere/c.pem: no such file"},
		{"no such key", probetls.Config{Certificate: chain, Key: "/nowhere/k.pem"}, "client key: open /nowhere/k.pem: no such file"},
		{"no key inside", probetls.Config{Certificate: chain}, "client certificate " + chain},
		{"another's key", probetls.Config{Certificate: chain, Key: otherKey}, "private key does not match public key"},
		{"no password", probetls.Config{Certificate: chain, Key: encrypt(t, key, "secret")}, "the key is encrypted, and there is no password for it"},
		{"wrong password", probetls.Config{Certificate: chain, Key: encrypt(t, key, "secret"), KeyPassword: "wrong"}, "client "},
		{"PKCS #8", probetls.Config{Certificate: chain, Key: pkcs8, KeyPassword: "x"}, "openssl pkey"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := probetls.New(tt.config)
			if err != nil {
				t.Fatal(err)
			}
			err = p.Prepare()
			if tt.want == "" {
				if err != nil {
					t.Errorf("error: %v", err)
				}
				return
			}
			if !strings.Contains(text(err), tt.want) {
				t.Errorf("error %v\nwant one with %q", err, tt.want)
			}
			if _, _, err := p.Handshake(t.Context(), nil, target()); !strings.Contains(text(err), tt.want) || !errors.Is(err, healthcheck.ErrLocal) {
				t.Errorf("error of a handshake: %v\nwant local trouble with %q", err, tt.want)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		config probetls.Config
		want   string
	}{
		{probetls.Config{MinVersion: tls.VersionSSL30}, "minimum TLS version 0x0300 is not known: use 1.0, 1.1, 1.2 or 1.3"}, //nolint:staticcheck // the point
		{probetls.Config{Key: "k.pem"}, "a client key needs a client certificate"},
		{probetls.Config{KeyPassword: "x"}, "a key password needs a client certificate"},
		{probetls.Config{ExpiryWarning: -1}, "expiry warning -1ns is negative"},
		{probetls.Config{Protocols: "h2,"}, `ALPN protocols "h2,": each has 1 to 255 bytes`},
	}
	for _, tt := range tests {
		if _, err := probetls.New(tt.config); text(err) != tt.want {
			t.Errorf("%+v: error %q, want %q", tt.config, text(err), tt.want)
		}
	}
}

// encrypt returns the path of an encrypted copy of a key.
func encrypt(t *testing.T, key, password string) string {
	t.Helper()
	plain, _ := pem.Decode(read(t, key))
	block, err := x509.EncryptPEMBlock(rand.Reader, plain.Type, plain.Bytes, []byte(password), x509.PEMCipherAES128) //nolint:staticcheck // what is tested
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "encrypted.pem")
	write(t, path, pem.EncodeToMemory(block))
	return path
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
