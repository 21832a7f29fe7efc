package dns

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"

	"github.com/miekg/dns"

	"github.com/ldirector/ldirector/healthcheck"
)

const (
	headerLen = 12   // RFC 1035, section 4.1.1
	maxUDP    = 4096 // bytes; without EDNS a server may send 512
)

// askUDP sends the query in a datagram and returns the answer.
func (p *probe) askUDP(conn net.Conn) ([]byte, error) {
	buf := make([]byte, maxUDP)
	id := uint16(rand.Uint32())
	if _, err := conn.Write(p.query(buf[:0], id)); err != nil {
		return nil, err
	}
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return nil, err
		}
		if p.answers(buf[:n], id) {
			return buf[:n], nil
		}
	}
}

// Talk asks the target over conn.
func (p *overTCP) Talk(_ context.Context, conn net.Conn, _ healthcheck.Target, _ healthcheck.State) (healthcheck.Result, error) {
	return healthcheck.Result{}, p.talk(conn)
}

// talk asks over a TCP connection, where each message has its length before it
// (RFC 1035, section 4.2.2). Nothing but the answer can come in this one.
func (p *probe) talk(conn net.Conn) error {
	id := uint16(rand.Uint32())
	query := binary.BigEndian.AppendUint16(nil, uint16(len(p.question)))
	if _, err := conn.Write(p.query(query, id)); err != nil {
		return err
	}
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return ended(err)
	}
	n := binary.BigEndian.Uint16(length[:])
	if int(n) < headerLen {
		return fmt.Errorf("answered %d bytes, which is no DNS message", n)
	}
	reply := make([]byte, n)
	if _, err := io.ReadFull(conn, reply); err != nil {
		return ended(err)
	}
	if !p.answers(reply, id) {
		return errors.New("answered with a message that is no answer to the question")
	}
	return p.judge(reply)
}

// ended says in words that the server closed the connection.
func ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the server closed the connection without an answer")
	}
	return err
}

// query appends the query with an id to b.
func (p *probe) query(b []byte, id uint16) []byte {
	at := len(b)
	b = append(b, p.question...)
	binary.BigEndian.PutUint16(b[at:], id)
	return b
}

// answers reports whether msg is an answer to the query with this id.
func (p *probe) answers(msg []byte, id uint16) bool {
	const response, opcode = 1 << 15, 15 << 11
	if len(msg) < headerLen || binary.BigEndian.Uint16(msg) != id {
		return false
	}
	if flags := binary.BigEndian.Uint16(msg[2:]); flags&response == 0 || flags&opcode != 0 {
		return false
	}
	question := p.question[headerLen:]
	switch binary.BigEndian.Uint16(msg[4:]) {
	case 0: // a server that cannot read the question need not repeat it
		return rcode(msg) == dns.RcodeFormatError || rcode(msg) == dns.RcodeNotImplemented
	case 1:
		msg = msg[headerLen:]
		return len(msg) >= len(question) && sameQuestion(msg[:len(question)], question)
	default:
		return false
	}
}

// sameQuestion compares two questions of one length. Case does not matter in
// names; the lengths of labels, at most 63, are no letters. At the end are type
// and class.
func sameQuestion(a, b []byte) bool {
	name := len(a) - 4
	if !bytes.Equal(a[name:], b[name:]) {
		return false
	}
	for i := range name {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// rcode returns the RCODE of a message, which has a header.
func rcode(msg []byte) int { return int(msg[3] & 15) }

// truncated reports whether a message, which has a header, is not all there is.
func truncated(msg []byte) bool { return msg[2]&2 != 0 }
