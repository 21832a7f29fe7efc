package probetls

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"time"
)

// A material is what the files of a Config held when they were read.
type material struct {
	versions [3]version     // of CA, Certificate and Key
	roots    *x509.CertPool // nil without Verify
	config   *tls.Config    // without VerifyConnection; nil before the first success
}

// A version tells a file from what it was before.
type version struct {
	modified time.Time
	size     int64
}

// material returns what the files hold now. If they cannot be read, it is what
// they held before, and a warning: files that are being renewed say nothing
// about a target.
func (c *Client) material() (m material, warning string, err error) {
	versions := c.config.versions()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last.config != nil && c.last.versions == versions {
		return c.last, "", nil
	}
	m, err = c.config.load()
	switch {
	case err == nil:
		m.versions = versions
		c.last = m
		return m, "", nil
	case c.last.config != nil:
		return c.last, fmt.Sprintf("certificates are those read before: %v", err), nil
	default:
		return material{}, "", err
	}
}

// versions returns the versions of the files, which are zero for those that
// are not used or cannot be seen. They are older than what is read afterwards:
// a change meanwhile makes the files be read once more.
func (c Config) versions() [3]version {
	var v [3]version
	for i, path := range [...]string{c.caFile(), c.Certificate, c.Key} {
		if path == "" {
			continue
		}
		if info, err := os.Stat(path); err == nil { // if not, reading says why
			v[i] = version{info.ModTime(), info.Size()}
		}
	}
	return v
}

// caFile is the path of the file with authorities, "" if none is used.
func (c Config) caFile() string {
	if !c.Verify {
		return ""
	}
	return c.CA
}

// load reads the files.
func (c Config) load() (material, error) {
	m := material{config: &tls.Config{
		MinVersion:         c.minVersion(),
		CipherSuites:       c.cipherSuites(),
		NextProtos:         c.protocols(),
		InsecureSkipVerify: true, // Handshake verifies: crypto/tls knows one name for SNI and certificate
	}}
	if c.SNI {
		m.config.ServerName = c.ServerName
	}
	if c.Verify {
		roots, err := c.loadRoots()
		if err != nil {
			return material{}, fmt.Errorf("CA: %w", err)
		}
		m.roots = roots
	}
	if c.Certificate != "" {
		cert, err := c.loadCertificate()
		if err != nil {
			return material{}, err
		}
		m.config.Certificates = []tls.Certificate{cert}
	}
	return m, nil
}

// loadRoots reads the authorities. The system's are hundreds of files, and the
// first probe would have to wait for them.
func (c Config) loadRoots() (*x509.CertPool, error) {
	if c.CA == "" {
		return x509.SystemCertPool()
	}
	text, err := os.ReadFile(c.CA)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no PEM certificate", c.CA)
	}
	return roots, nil
}

// loadCertificate reads the client certificate and its key.
func (c Config) loadCertificate() (tls.Certificate, error) {
	chain, err := os.ReadFile(c.Certificate)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("client certificate: %w", err)
	}
	key, path := chain, c.Certificate
	if c.Key != "" {
		path = c.Key
		if key, err = os.ReadFile(path); err != nil {
			return tls.Certificate{}, fmt.Errorf("client key: %w", err)
		}
	}
	if key, err = decryptKey(key, c.KeyPassword); err != nil {
		return tls.Certificate{}, fmt.Errorf("client key: %s: %w", path, err)
	}
	cert, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("client certificate %s, key %s: %w", c.Certificate, path, shorten(err))
	}
	return cert, nil
}

// decryptKey returns the first private key in text, as PEM and not encrypted,
// or text if there is none: then crypto/tls says so.
func decryptKey(text []byte, password string) ([]byte, error) {
	for rest := text; ; {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		switch {
		case block == nil:
			return text, nil
		case block.Type == "ENCRYPTED PRIVATE KEY":
			return nil, errors.New("the key is encrypted by PKCS #8, which is not supported: store it decrypted (openssl pkey -in … -out …), readable by root only")
		case x509.IsEncryptedPEMBlock(block): //nolint:staticcheck // keepalived's users have such keys
			if password == "" {
				return nil, errors.New("the key is encrypted, and there is no password for it")
			}
			der, err := x509.DecryptPEMBlock(block, []byte(password)) //nolint:staticcheck // see above
			if err != nil {
				return nil, fmt.Errorf("decrypt: %w", shorten(err))
			}
			return pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: der}), nil
		}
	}
}
