package pgsql

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const (
	mechanism = "SCRAM-SHA-256" // RFC 7677

	// maxIterations is how much work a server may demand. PostgreSQL wants
	// 4,096 unless told otherwise.
	maxIterations = 1 << 18
)

// errServer is the answer of a server that does not know the password either.
var errServer = errors.New("server does not prove that it knows the password")

// A scram is the client's side of a SCRAM conversation (RFC 5802) without
// channel binding. PostgreSQL has the name of the role from elsewhere.
type scram struct {
	password, user, nonce string

	key      []byte // of the server; nil before proof
	messages string // that are signed
	verified bool
}

func newScram(password string) *scram {
	return &scram{password: password, nonce: rand.Text()}
}

// first returns the first message.
func (s *scram) first() string { return "n,," + s.bare() }

func (s *scram) bare() string { return "n=" + s.user + ",r=" + s.nonce }

// proof returns the answer to the server's first message.
func (s *scram) proof(challenge string) (string, error) {
	nonce, salt, iterations, err := parseChallenge(challenge)
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(nonce, s.nonce) || len(nonce) == len(s.nonce) {
		return "", errMalformed
	}
	salted, err := pbkdf2.Key(sha256.New, prepare(s.password), salt, iterations, sha256.Size)
	if err != nil {
		return "", fmt.Errorf("derive key: %w", err)
	}
	final := "c=biws,r=" + nonce // biws is "n,,"
	s.messages = s.bare() + "," + challenge + "," + final
	s.key = sign(salted, "Server Key")
	client := sign(salted, "Client Key")
	stored := sha256.Sum256(client)
	subtle.XORBytes(client, client, sign(stored[:], s.messages))
	return final + ",p=" + base64.StdEncoding.EncodeToString(client), nil
}

// parseChallenge takes "r=nonce,s=salt,i=iterations" apart. Extensions may
// follow.
func parseChallenge(challenge string) (nonce string, salt []byte, iterations int, err error) {
	parts := strings.Split(challenge, ",")
	if len(parts) < 3 {
		return "", nil, 0, errMalformed
	}
	nonce, nonceOK := strings.CutPrefix(parts[0], "r=")
	saltText, saltOK := strings.CutPrefix(parts[1], "s=")
	count, countOK := strings.CutPrefix(parts[2], "i=")
	salt, saltErr := base64.StdEncoding.DecodeString(saltText)
	iterations, countErr := strconv.Atoi(count)
	switch {
	case !nonceOK || !saltOK || !countOK || saltErr != nil || countErr != nil || iterations < 1:
		return "", nil, 0, errMalformed
	case iterations > maxIterations:
		return "", nil, 0, fmt.Errorf("server demands more than %d iterations of SCRAM", maxIterations)
	default:
		return nonce, salt, iterations, nil
	}
}

// verify checks that the server knows the password, too.
func (s *scram) verify(final string) error {
	text, ok := strings.CutPrefix(final, "v=")
	signature, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || s.key == nil || !hmac.Equal(signature, sign(s.key, s.messages)) {
		return errServer
	}
	s.verified = true
	return nil
}

// sign returns HMAC-SHA-256.
func sign(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// prepare returns a password as SASLprep (RFC 4013) does: with one kind of
// space and one form of each character. It prohibits nothing; PostgreSQL takes
// such passwords as they are.
func prepare(password string) string {
	spaced := strings.Map(func(r rune) rune {
		switch {
		case r == '\u00ad' || r == '\u200b' || r == '\u200d': // mapped to nothing
			return -1
		case unicode.Is(unicode.Zs, r):
			return ' '
		default:
			return r
		}
	}, password)
	return norm.NFKC.String(spaced)
}
