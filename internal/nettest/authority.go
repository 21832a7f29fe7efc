package nettest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// An Authority issues certificates to the servers and clients of a test.
type Authority struct {
	File string // its own certificate, PEM

	tb   TB
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	last int64
}

// NewAuthority returns an authority that keeps its files in dir.
func NewAuthority(tb TB, dir string) *Authority {
	tb.Helper()
	a := &Authority{tb: tb, dir: dir}
	a.cert = &x509.Certificate{
		Subject:               pkix.Name{CommonName: "Test Authority"},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	a.File, _ = a.issue("ca", a.cert, 24*time.Hour)
	return a
}

// Issue returns the files, PEM, of a certificate for the names and addresses,
// which ends after lifetime; a negative one ended that long ago.
func (a *Authority) Issue(lifetime time.Duration, names ...string) (certFile, keyFile string) {
	a.tb.Helper()
	cert := &x509.Certificate{
		Subject:     pkix.Name{CommonName: names[0]},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			cert.IPAddresses = append(cert.IPAddresses, ip)
		} else {
			cert.DNSNames = append(cert.DNSNames, name)
		}
	}
	return a.issue(names[0], cert, lifetime)
}

// issue writes cert, signed by the authority, and its new key.
func (a *Authority) issue(name string, cert *x509.Certificate, lifetime time.Duration) (certFile, keyFile string) {
	a.tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.tb.Fatalf("make a key: %v", err)
	}
	if a.key == nil {
		a.key = key
	}
	a.last++
	cert.SerialNumber = big.NewInt(a.last)
	cert.NotAfter = time.Now().Add(lifetime)
	cert.NotBefore = cert.NotAfter.Add(-365 * 24 * time.Hour)
	signed, err := x509.CreateCertificate(rand.Reader, cert, a.cert, &key.PublicKey, a.key)
	if err != nil {
		a.tb.Fatalf("sign certificate of %s: %v", name, err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.tb.Fatalf("write the key of %s: %v", name, err)
	}
	serial := cert.SerialNumber.String()
	return a.write(serial+".pem", "CERTIFICATE", signed), a.write(serial+".key", "PRIVATE KEY", secret)
}

// write makes a PEM file.
func (a *Authority) write(name, kind string, bytes []byte) (file string) {
	a.tb.Helper()
	file = filepath.Join(a.dir, name)
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}), 0o644); err != nil {
		a.tb.Fatalf("write %s: %v", name, err)
	}
	return file
}
