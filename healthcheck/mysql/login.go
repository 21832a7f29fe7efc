package mysql

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
)

// Capabilities of a client and a server.
const (
	connectWithDB    = 1 << 3
	protocol41       = 1 << 9
	speaksTLS        = 1 << 11
	transactions     = 1 << 13
	secureConnection = 1 << 15
	pluginAuth       = 1 << 19
)

const (
	maxPacket = 1 << 20 // that the server may send
	utf8mb4   = 45      // character set and collation: utf8mb4_general_ci
	maxRounds = 8       // of packets in a login
)

// A greeting is what a server says first.
type greeting struct {
	capabilities uint32
	method       string // of authentication
	scramble     []byte // 20 random bytes
}

// parseGreeting returns the greeting in a payload, which has the protocol's
// version 10.
func parseGreeting(payload []byte) (greeting, error) {
	f := fields{payload, false}
	if version := f.number(1); version != 10 {
		return greeting{}, fmt.Errorf("protocol version %d of MySQL is not known, only 10", version)
	}
	f.text()   // version of the server
	f.bytes(4) // number of the connection
	var g greeting
	g.scramble = append(g.scramble, f.bytes(8)...)
	f.bytes(1)
	g.capabilities = uint32(f.number(2))
	f.bytes(3) // character set, status
	g.capabilities |= uint32(f.number(2)) << 16
	length := int(f.number(1))
	f.bytes(10)
	tail := f.bytes(max(13, length-8)) // 12 bytes and a zero byte; a server may say more
	if f.short {
		return greeting{}, errMalformed
	}
	g.scramble = append(g.scramble, tail[:12]...)
	// The method of the server, not of the account: another may follow.
	if g.method = string(f.text()); g.method != cachingSHA2 {
		g.method = nativePassword
	}
	return g, nil
}

// login reads the greeting and logs in.
func (p *Probe) login(ctx context.Context, s *session, t healthcheck.Target) error {
	payload, err := s.read()
	if err != nil {
		return err
	}
	if payload[0] == errorPacket {
		refused := s.refusal(payload)
		if e, ok := errors.AsType[*serverError](refused); ok {
			e.account = false // there was nobody yet
		}
		return refused
	}
	g, err := parseGreeting(payload)
	if err != nil {
		return err
	}
	if g.capabilities&protocol41 == 0 || g.capabilities&secureConnection == 0 {
		return errors.New("server is older than MySQL 4.1")
	}
	if p.security.Now {
		if err := p.secure(ctx, s, g, t); err != nil {
			return err
		}
	}
	a := &authentication{session: s, password: p.config.Passwd, method: g.method, scramble: g.scramble}
	first, err := a.answer()
	if err != nil {
		return err
	}
	if err := s.write(p.response(a.method, first)); err != nil {
		return err
	}
	return a.run()
}

// secure begins to speak TLS.
func (p *Probe) secure(ctx context.Context, s *session, g greeting, t healthcheck.Target) error {
	if g.capabilities&speaksTLS == 0 {
		return errors.New("server does not speak TLS")
	}
	if err := s.write(p.header()); err != nil {
		return err
	}
	s.secure = true
	return s.Secure(ctx, p.security, t)
}

// header is the request to speak TLS, and the beginning of the response.
func (p *Probe) header() []byte {
	capabilities := uint32(protocol41 | transactions | secureConnection | pluginAuth)
	if p.security.Now {
		capabilities |= speaksTLS
	}
	if p.config.Database != "" {
		capabilities |= connectWithDB
	}
	b := binary.LittleEndian.AppendUint32(nil, capabilities)
	b = binary.LittleEndian.AppendUint32(b, maxPacket)
	b = append(b, utf8mb4)
	return append(b, make([]byte, 23)...)
}

// response is the answer to the greeting, with the first answer of the
// authentication method.
func (p *Probe) response(method string, answer []byte) []byte {
	b := append(p.header(), p.config.Login+"\x00"...)
	b = append(b, byte(len(answer)))
	b = append(b, answer...)
	if p.config.Database != "" {
		b = append(b, p.config.Database+"\x00"...)
	}
	return append(b, method+"\x00"...)
}

// run answers the server's questions until it lets the account in or not.
func (a *authentication) run() error {
	for range maxRounds {
		payload, err := a.session.read()
		if err != nil {
			return err
		}
		switch payload[0] {
		case okPacket:
			return nil
		case errorPacket:
			return a.session.refusal(payload)
		case endPacket:
			err = a.change(payload)
		case morePacket:
			err = a.more(payload[1:])
		default:
			return errMalformed
		}
		if err != nil {
			return err
		}
	}
	return errMalformed
}

// change begins anew with the method that the server wants for this account.
func (a *authentication) change(payload []byte) error {
	method, scramble, ok := bytes.Cut(payload[1:], []byte{0})
	if !ok {
		return errors.New("server wants the password as before MySQL 4.1, which is not safe")
	}
	a.method, a.scramble = dialog.Clean(string(method)), bytes.TrimSuffix(scramble, []byte{0})
	answer, err := a.answer()
	if err != nil {
		return err
	}
	return a.session.write(answer)
}
