package pgsql

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
)

// What the server wants to know: the first number of an authentication message.
const (
	authOK           = 0
	authClear        = 3
	authMD5          = 5
	authSASL         = 10
	authSASLContinue = 11
	authSASLFinal    = 12
)

// An authentication proves to a server that a password is known.
type authentication struct {
	session        *session
	role, password string
	stranger       bool   // any question is a good answer
	scram          *scram // nil unless it has begun
}

// run answers the server's questions until it is ready for queries or refuses.
func (a *authentication) run() error {
	for {
		kind, body, err := a.session.read()
		if err != nil {
			return err
		}
		switch kind {
		case readyMessage:
			return nil
		case errorMessage:
			err = a.session.refusal(body)
			if e, ok := errors.AsType[*serverError](err); ok && a.stranger && e.role() {
				return nil
			}
			return err
		case authMessage:
			if len(body) < 4 {
				return errMalformed
			}
			want := binary.BigEndian.Uint32(body)
			if a.stranger && want != authOK {
				return nil
			}
			if err := a.answer(want, body[4:]); err != nil {
				return err
			}
		}
	}
}

// answer answers an authentication message.
func (a *authentication) answer(want uint32, data []byte) error {
	if a.password == "" && want != authOK {
		return errors.New("server wants a password")
	}
	switch want {
	case authOK:
		if a.scram != nil && !a.scram.verified {
			return errServer
		}
		return nil
	case authClear:
		return a.session.write('p', a.password+"\x00")
	case authMD5:
		return a.session.write('p', hashed(a.role, a.password, data)+"\x00")
	case authSASL:
		return a.begin(data)
	case authSASLContinue:
		if a.scram == nil {
			return errMalformed
		}
		proof, err := a.scram.proof(string(data))
		if err != nil {
			return err
		}
		return a.session.write('p', proof)
	case authSASLFinal:
		if a.scram == nil {
			return errMalformed
		}
		return a.scram.verify(string(data))
	default:
		return fmt.Errorf("server wants the authentication method %d, which is not known: use scram-sha-256 for this role", want)
	}
}

// begin begins SCRAM, if it is among the mechanisms in data.
func (a *authentication) begin(data []byte) error {
	if !slices.ContainsFunc(bytes.Split(data, []byte{0}), func(m []byte) bool { return string(m) == mechanism }) {
		return a.session.Unexpected("server does not offer "+mechanism+" but", string(data))
	}
	a.scram = newScram(a.password)
	first := a.scram.first()
	length := binary.BigEndian.AppendUint32(nil, uint32(len(first)))
	return a.session.write('p', mechanism+"\x00"+string(length)+first)
}

// hashed returns "md5" and MD5(MD5(password + role) + salt) in hex.
func hashed(role, password string, salt []byte) string {
	inner := md5.Sum([]byte(password + role))
	outer := md5.Sum(append([]byte(hex.EncodeToString(inner[:])), salt...))
	return "md5" + hex.EncodeToString(outer[:])
}
