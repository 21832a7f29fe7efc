package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestHTTPWarnsOfTheNetwork(t *testing.T) {
	const token = "\n token = \"0123456789abcdef\""
	const certificate = "\n certificate = \"/a\""
	for _, tt := range []struct {
		block, want string // missing
	}{
		{`listen = "127.0.0.1:9650"`, ""},
		{`listen = "[::1]:9650"`, ""},
		{``, ""},
		{`listen = "0.0.0.0:9650"`, "Add certificate and token"},
		{`listen = "192.0.2.1:9650"` + token, "Add certificate,"},
		{`listen = "[::]:9650"` + certificate, "Add token"},
		{`listen = "[::]:9650"` + certificate + token, ""},
	} {
		cfg, diags := loadText(t, nil, nil, "a.hcl", "global {\n http {\n "+tt.block+"\n }\n}\n")
		text := messages(t, cfg, diags)
		if diags.HasErrors() || cfg.Global.HTTP == nil || (tt.want == "") != (len(diags) == 0) || !strings.Contains(text, tt.want) {
			t.Errorf("%s:\n%s", tt.block, text)
		}
	}
}

func TestHTTPCertificateIsTried(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "http.pem")
	cfg, diags := loadText(t, nil, nil, "a.hcl", "global {\n http { certificate = \""+file+"\" }\n}\n")
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	if diags := cfg.Prepare(); !diags.HasErrors() || diags[0].Summary != "Certificate cannot be used" {
		t.Errorf("without the file: %v", diags)
	}
	if err := os.WriteFile(file, selfSigned(t), 0o600); err != nil {
		t.Fatal(err)
	}
	if diags := cfg.Prepare(); diags.HasErrors() {
		t.Errorf("with the file: %v", diags)
	}
}

// selfSigned is a certificate and its key.
func selfSigned(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})...)
}
