package main

import (
	"bytes"
	"fmt"
	"hash"
	"io"
)

// keepalived prints what it reads at once, and reads as much as this.
const readSize = 4095

// A dump prints an answer as keepalived's genhash -v does. It is the hash that
// the body goes to, and forwards it.
type dump struct {
	hash.Hash
	out   io.Writer
	err   error // the first of out
	head  []byte
	ended bool // the head has been printed
	at    int  // bytes of head and body so far
	begun bool // the body's title has been printed
}

// head is the writer of a dump for all that is read. It takes the head only.
type head struct{ d *dump }

func (h head) Write(b []byte) (int, error) {
	d := h.d
	if d.ended {
		return len(b), nil
	}
	d.head = append(d.head, b...)
	if i := bytes.Index(d.head, []byte("\r\n\r\n")); i >= 0 {
		d.ended, d.at = true, i+len("\r\n\r\n")
		d.title("    HTTP Header Buffer    ")
		d.rows(d.head[:d.at])
		d.title(" HTTP Header Ascii Buffer ")
		d.printf("%s\n", d.head[:d.at])
		d.head = nil
	}
	return len(b), nil
}

// Write takes a part of the body. Rows are printed for each of keepalived's
// reads.
func (d *dump) Write(b []byte) (int, error) {
	if !d.begun && len(b) > 0 {
		d.begun = true
		d.title("        HTML Buffer        ")
	}
	d.head = append(d.head, b...)
	for room := readSize - d.at%readSize; len(d.head) >= room; room = readSize {
		d.rows(d.head[:room])
		d.head, d.at = d.head[room:], 0
	}
	return d.Hash.Write(b)
}

// end prints the rest of the body, and the digest.
func (d *dump) end(digest []byte) {
	d.rows(d.head)
	d.printf("\n")
	d.title("    HTML hash resulting    ")
	d.rows(digest)
	d.title(" HTML hash final resulting ")
	d.printf("%x\n", digest)
}

func (d *dump) title(text string) {
	d.printf("-----------------------[%s]-----------------------\n", text)
}

// rows prints bytes in rows of 16: offset, hexadecimal, characters.
func (d *dump) rows(b []byte) {
	for at := 0; at < len(b); at += 16 {
		row := b[at:min(at+16, len(b))]
		hexes, chars := "", ""
		for i := range 16 {
			switch {
			case i >= len(row):
				hexes, chars = hexes+"   ", chars+" "
			case row[i] < ' ' || row[i] > '~':
				hexes, chars = hexes+fmt.Sprintf("%02x ", row[i]), chars+"."
			default:
				hexes, chars = hexes+fmt.Sprintf("%02x ", row[i]), chars+string(row[i])
			}
		}
		d.printf("%04d  %s- %s  %s\n", at, hexes[:24], hexes[24:], chars)
	}
}

func (d *dump) printf(format string, args ...any) {
	if d.err == nil {
		_, d.err = fmt.Fprintf(d.out, format, args...)
	}
}
