package pgsql

import (
	"encoding/binary"
	"errors"
)

// errNoRow is the answer of a server whose tables do not have what is asked for.
var errNoRow = errors.New("request returned no row")

// query asks the question and returns nil if one of the rows is good.
func (p *Probe) query(s *session, question string) error {
	if err := s.write('Q', question+"\x00"); err != nil {
		return err
	}
	verdict := errNoRow
	for {
		kind, body, err := s.read()
		if err != nil {
			return err
		}
		switch kind {
		case readyMessage, completeMessage, emptyMessage:
			return verdict
		case errorMessage:
			return s.refusal(body)
		case copyInMessage, copyOutMessage:
			return errors.New("request must be a query")
		case rowMessage:
			column, err := firstColumn(body)
			if err != nil {
				return err
			}
			if p.receive.Match(column) {
				return nil
			}
			verdict = p.receive.Mismatch(s.Conn, column)
		}
	}
}

// firstColumn returns the first column in a row: the number of columns, then
// for each its length and text. A null has the length -1 and no text.
func firstColumn(row []byte) (string, error) {
	if len(row) < 2 {
		return "", errMalformed
	}
	if binary.BigEndian.Uint16(row) == 0 {
		return "", nil
	}
	if len(row) < 6 {
		return "", errMalformed
	}
	length, text := binary.BigEndian.Uint32(row[2:]), row[6:]
	switch {
	case length == 1<<32-1:
		return "", nil
	case uint64(length) > uint64(len(text)):
		return "", errMalformed
	default:
		return string(text[:length]), nil
	}
}
