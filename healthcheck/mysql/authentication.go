package mysql

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// The methods of authentication.
const (
	nativePassword = "mysql_native_password"
	cachingSHA2    = "caching_sha2_password"
	clearPassword  = "mysql_clear_password"
)

// An authentication proves to a server that a password is known.
type authentication struct {
	session  *session
	password string
	method   string
	scramble []byte // random bytes of the server
	wantKey  bool   // the next data is a public key
}

// answer returns what the method begins with. Without a password that is
// nothing, whatever the method.
func (a *authentication) answer() ([]byte, error) {
	switch {
	case a.password == "":
		return nil, nil
	case a.method == nativePassword:
		return native(a.password, a.scramble), nil
	case a.method == cachingSHA2:
		return caching(a.password, a.scramble), nil
	case a.method == clearPassword && a.session.secure:
		return []byte(a.password + "\x00"), nil
	case a.method == clearPassword:
		return nil, errors.New("server wants the password in the clear: use tls")
	default:
		return nil, fmt.Errorf("server wants the authentication method %s, which is not known: use %s or %s for this account",
			a.method, cachingSHA2, nativePassword)
	}
}

// more answers further data, which only [cachingSHA2] has: that the server
// remembers the password, or that it must see it.
func (a *authentication) more(data []byte) error {
	const (
		remembers = 3
		mustSee   = 4
		askKey    = 2
	)
	switch {
	case a.method != cachingSHA2 || len(data) == 0:
		return errMalformed
	case a.wantKey:
		a.wantKey = false
		secret, err := encrypt(a.password, a.scramble, data)
		if err != nil {
			return err
		}
		return a.session.write(secret)
	case data[0] == remembers:
		return nil
	case data[0] == mustSee && a.session.secure:
		return a.session.write([]byte(a.password + "\x00"))
	case data[0] == mustSee:
		a.wantKey = true
		return a.session.write([]byte{askKey})
	default:
		return errMalformed
	}
}

// native returns SHA1(password) XOR SHA1(scramble + SHA1(SHA1(password))).
func native(password string, scramble []byte) []byte {
	once := sha1.Sum([]byte(password))
	twice := sha1.Sum(once[:])
	mask := sha1.Sum(append(append([]byte(nil), scramble...), twice[:]...))
	subtle.XORBytes(once[:], once[:], mask[:])
	return once[:]
}

// caching returns SHA256(password) XOR SHA256(SHA256(SHA256(password)) + scramble).
func caching(password string, scramble []byte) []byte {
	once := sha256.Sum256([]byte(password))
	twice := sha256.Sum256(once[:])
	mask := sha256.Sum256(append(twice[:], scramble...))
	subtle.XORBytes(once[:], once[:], mask[:])
	return once[:]
}

// encrypt hides a password, XORed with the scramble, behind the public key of
// the server. Whoever can put a key of his own in its place learns the
// password: only TLS prevents that.
func encrypt(password string, scramble, key []byte) ([]byte, error) {
	block, _ := pem.Decode(key)
	if block == nil || len(scramble) == 0 {
		return nil, errMalformed
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	public, ok := parsed.(*rsa.PublicKey)
	if err != nil || !ok {
		return nil, errors.New("server has no RSA key for passwords: use tls")
	}
	text := []byte(password + "\x00")
	for i := range text {
		text[i] ^= scramble[i%len(scramble)]
	}
	secret, err := rsa.EncryptOAEP(sha1.New(), rand.Reader, public, text, nil)
	if err != nil {
		return nil, fmt.Errorf("encrypt the password: %w: use tls", err)
	}
	return secret, nil
}
