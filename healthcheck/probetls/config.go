// Package probetls makes the TLS connections of probes.
//
// It says in words short enough for a status line why a handshake failed, and
// warns of certificates that expire soon. Sessions are never resumed: each
// probe sees the certificate that the server has now.
package probetls

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// A Config says how to speak TLS to a target. It is comparable. The zero value
// accepts every certificate and sends neither a name nor a certificate, as
// keepalived does without enable_sni and an SSL block.
type Config struct {
	// Verify says that the target's certificate must be signed by CA and be
	// for ServerName (keepalived never verifies one).
	//
	// Without Verify, the cipher suites that Go calls insecure are offered too,
	// after all others: nothing is lost, and an old server stays reachable. So
	// they are with a MinVersion before TLS 1.2.
	Verify bool

	// ServerName is the name that the certificate must be for, and that SNI
	// sends. If it is empty, the certificate must be for the target's address,
	// and no name is sent: RFC 6066, section 3, knows no addresses there.
	ServerName string

	// SNI says that ServerName is sent (keepalived: enable_sni, sni_name).
	SNI bool

	// CA is the path of a PEM file with the certificates of the authorities
	// that count (keepalived: ca); "" for the system's. It has a meaning only
	// with Verify.
	CA string

	// Certificate and Key are the paths of PEM files with the certificate
	// chain and the private key that are shown to a target which asks for them
	// (keepalived: certificate, key). Without Key, the key is in Certificate.
	Certificate, Key string

	// KeyPassword decrypts the key (keepalived: password). Only the encryption
	// of RFC 1423 is known, whose PEM block begins with a DEK-Info line.
	KeyPassword string

	// MinVersion is the lowest version that is accepted, such as
	// [tls.VersionTLS13]; 0 for TLS 1.2.
	MinVersion uint16

	// ExpiryWarning warns of a certificate, the target's or one that it sends
	// along, that expires within this time; 0 for never.
	ExpiryWarning time.Duration

	// Protocols are what ALPN (RFC 7301) offers, separated by commas and best
	// first; "" for no ALPN.
	Protocols string
}

// A Client makes connections with one Config. It keeps what it has read of the
// Config's files until they change: a renewed certificate needs no new Client.
// Its methods may be called from many goroutines.
type Client struct {
	config Config

	mu   sync.Mutex // guards what follows
	last material
}

// New returns a Client for c. It reads no file: see [Client.Prepare].
func New(c Config) (*Client, error) {
	switch {
	case c.MinVersion != 0 && (c.MinVersion < tls.VersionTLS10 || c.MinVersion > tls.VersionTLS13):
		return nil, fmt.Errorf("minimum TLS version %#04x is not known: use 1.0, 1.1, 1.2 or 1.3", c.MinVersion)
	case c.Certificate == "" && c.Key != "":
		return nil, errors.New("a client key needs a client certificate")
	case c.Certificate == "" && c.KeyPassword != "":
		return nil, errors.New("a key password needs a client certificate")
	case c.ExpiryWarning < 0:
		return nil, fmt.Errorf("expiry warning %s is negative", c.ExpiryWarning)
	}
	for _, p := range c.protocols() {
		if p == "" || len(p) > 255 {
			return nil, fmt.Errorf("ALPN protocols %q: each has 1 to 255 bytes", c.Protocols)
		}
	}
	return &Client{config: c}, nil
}

// Prepare returns why the files of the Config cannot be used.
func (c *Client) Prepare() error {
	_, warning, err := c.material()
	if err == nil && warning != "" {
		return errors.New(warning)
	}
	return err
}

// protocols returns what ALPN offers.
func (c Config) protocols() []string {
	if c.Protocols == "" {
		return nil
	}
	return strings.Split(c.Protocols, ",")
}

// minVersion returns the lowest version that is accepted.
func (c Config) minVersion() uint16 {
	if c.MinVersion == 0 {
		return tls.VersionTLS12
	}
	return c.MinVersion
}

// cipherSuites returns what is offered to TLS 1.2 and before; nil for what Go
// finds good.
func (c Config) cipherSuites() []uint16 {
	if c.Verify && c.minVersion() >= tls.VersionTLS12 {
		return nil
	}
	var ids []uint16
	for _, s := range tls.CipherSuites() {
		ids = append(ids, s.ID)
	}
	for _, s := range tls.InsecureCipherSuites() {
		ids = append(ids, s.ID)
	}
	return ids
}
