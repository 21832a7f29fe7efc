package mysql

import (
	"errors"
)

const (
	comQuery   = "\x03"
	maxColumns = 4096 // that a table of MySQL may have
)

// query asks the question and returns nil if one of the rows is good.
func (p *Probe) query(s *session, question string) error {
	s.sequence = 0
	if err := s.write([]byte(comQuery + question)); err != nil {
		return err
	}
	payload, err := s.read()
	if err != nil {
		return err
	}
	switch payload[0] {
	case errorPacket:
		return s.refusal(payload)
	case okPacket:
		return errNoRow
	case infilePacket:
		return errors.New("server wants to read a file of this host")
	}
	f := fields{payload, false}
	columns, null := f.length()
	if null || f.short || columns == 0 || columns > maxColumns {
		return errMalformed
	}
	for range columns {
		if _, err := s.read(); err != nil {
			return err
		}
	}
	if payload, err = s.read(); err != nil {
		return err
	}
	if !isEnd(payload) {
		return errMalformed
	}
	return p.rows(s)
}

// errNoRow is the answer of a server whose tables do not have what is asked for.
var errNoRow = errors.New("request returned no row")

// rows reads rows until the first column of one is good.
func (p *Probe) rows(s *session) error {
	var last string
	for n := 0; ; n++ {
		payload, err := s.read()
		switch {
		case err != nil:
			return err
		case payload[0] == errorPacket:
			return s.refusal(payload)
		case isEnd(payload) && n == 0:
			return errNoRow
		case isEnd(payload):
			return p.receive.Mismatch(s.Conn, last)
		}
		f := fields{payload, false}
		length, _ := f.length() // a null has length 0
		if length > uint64(len(f.rest)) {
			return errMalformed
		}
		last = string(f.bytes(int(length)))
		if f.short {
			return errMalformed
		}
		if p.receive.Match(last) {
			return nil
		}
	}
}

// isEnd reports whether there are no more columns or rows.
func isEnd(payload []byte) bool {
	return payload[0] == endPacket && len(payload) < 9
}
