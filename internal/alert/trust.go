package alert

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// config is how TLS is spoken with a host. It reads the file of authorities, so
// that a new one counts from the next connection on.
func (t Trust) config(host string) (*tls.Config, error) {
	c := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, InsecureSkipVerify: t.Any}
	if t.CA == "" {
		return c, nil
	}
	pem, err := os.ReadFile(t.CA)
	if err != nil {
		return nil, err
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", t.CA)
	}
	return c, nil
}
