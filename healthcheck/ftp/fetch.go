package ftp

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
)

// fetch returns the file that is asked for.
func (p *Probe) fetch(ctx context.Context, s *session, t healthcheck.Target) (string, error) {
	if p.security.Now || p.security.Later { // RFC 4217, sections 8 and 9
		if _, err := s.command("PBSZ", "PBSZ 0", 200); err != nil {
			return "", err
		}
		if _, err := s.command("PROT", "PROT P", 200); err != nil {
			return "", err
		}
	}
	if _, err := s.command("binary mode", "TYPE I", 200); err != nil {
		return "", err
	}
	port, err := s.passive()
	if err != nil {
		return "", err
	}
	// bindto counts, but not bind_port: that is of the control connection.
	t.Addr = netip.AddrPortFrom(t.Addr.Addr(), port)
	if t.Source.IsValid() {
		t.Source = netip.AddrPortFrom(t.Source.Addr(), 0)
	}
	conn, err := healthcheck.Dial(ctx, t)
	if err != nil {
		return "", fmt.Errorf("data connection: %w", err)
	}
	defer func() { _ = conn.Close() }() // all is read
	data := dialog.New(ctx, conn)
	if _, err := s.command("file", "RETR "+p.config.Request, 125, 150); err != nil {
		return "", err
	}
	if p.security.Now || p.security.Later {
		if err := data.Secure(ctx, p.security, t); err != nil {
			return "", fmt.Errorf("data connection: %w", err)
		}
	}
	file, err := data.All()
	if err == nil {
		err = data.Finish()
	}
	if err != nil {
		return "", fmt.Errorf("data connection: %w", err)
	}
	_, err = s.expect("file", 226, 250)
	return string(file), err
}

// passive asks for a port of the server to fetch a file from. Servers from
// before RFC 2428 know only PASV, which is for IPv4 alone.
func (s *session) passive() (port uint16, err error) {
	if err := s.Send("EPSV\r\n"); err != nil {
		return 0, err
	}
	r, err := s.reply()
	if err != nil {
		return 0, err
	}
	parse := extendedPort
	if r.code >= 500 {
		if r, err = s.command("passive mode", "PASV", 227); err != nil {
			return 0, err
		}
		parse = oldPort
	}
	if port = parse(r); port == 0 {
		return 0, s.Unexpected("passive mode", r.line)
	}
	return port, nil
}

// extendedPort returns the port in "229 text (|||port|)", RFC 2428, section 3,
// where | may be another character. It returns 0 if there is none.
func extendedPort(r reply) uint16 {
	_, inside, ok := strings.Cut(r.line, "(")
	inside, _, closed := strings.Cut(inside, ")")
	if r.code != 229 || !ok || !closed || len(inside) < 5 {
		return 0
	}
	mark := inside[:1]
	digits, ok := strings.CutPrefix(inside, mark+mark+mark)
	if !ok || !strings.HasSuffix(digits, mark) {
		return 0
	}
	port, err := strconv.ParseUint(strings.TrimSuffix(digits, mark), 10, 16)
	if err != nil {
		return 0
	}
	return uint16(port)
}

// oldPort returns the port in "227 text (h1,h2,h3,h4,p1,p2)". Some servers leave
// out the parentheses (RFC 1123, section 4.1.2.6). It returns 0 if there is none.
func oldPort(r reply) uint16 {
	text := strings.TrimRight(r.line, " .)")
	numbers := strings.Split(text, ",")
	if len(numbers) != 6 {
		return 0
	}
	high, err := strconv.ParseUint(numbers[4], 10, 8)
	if err != nil {
		return 0
	}
	low, err := strconv.ParseUint(numbers[5], 10, 8)
	if err != nil {
		return 0
	}
	return uint16(high<<8 | low)
}
