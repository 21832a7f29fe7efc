package sip

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
)

// maxHeaders is how many lines an answer may have before its body.
const maxHeaders = 256

// A question is a request of OPTIONS, RFC 3261, section 11.1.
type question struct {
	transport, local    string // of the connection
	to, from            string // addresses
	branch, tag, callID string // what tells this question from all others
}

// String returns the message.
func (q question) String() string {
	return "OPTIONS sip:" + q.to + " SIP/2.0\r\n" +
		"Via: SIP/2.0/" + q.transport + " " + q.local + ";branch=" + q.branch + ";rport\r\n" +
		"Max-Forwards: 70\r\n" +
		"To: <sip:" + q.to + ">\r\n" +
		"From: <sip:" + q.from + ">;tag=" + q.tag + "\r\n" +
		"Call-ID: " + q.callID + "\r\n" +
		"CSeq: 1 OPTIONS\r\n" +
		"Contact: <sip:" + q.from + ">\r\n" +
		"Accept: application/sdp\r\n" +
		"User-Agent: ldirector\r\n" +
		"Content-Length: 0\r\n\r\n"
}

// An answer is the beginning of a response.
type answer struct {
	code   int
	status string // the line without the version
	callID string
	length int // of the body
}

// to reports whether a answers q: every answer has the Call-ID of its question
// (RFC 3261, section 8.2.6.2), and no other question has had this one.
func (a answer) to(q question) bool { return a.callID == q.callID }

// final reports whether no other answer follows.
func (a answer) final() bool { return a.code >= 200 }

// verdict returns nil if a is good or not final.
func (a answer) verdict() error {
	if a.final() && a.code != 200 {
		return errors.New(dialog.Clean(a.status))
	}
	return nil
}

// parse returns the answer in a message.
func parse(message string) (answer, error) {
	head, _, ok := strings.Cut(message, "\r\n\r\n")
	if !ok {
		return answer{}, errors.New("no end of the headers")
	}
	lines := strings.Split(head, "\r\n")
	a, err := parseStatus(lines[0])
	if err != nil {
		return answer{}, err
	}
	for _, line := range lines[1:] {
		if err := a.header(line); err != nil {
			return answer{}, err
		}
	}
	return a, nil
}

// read reads an answer and its body. Empty lines before it keep a connection
// alive (RFC 5626, section 3.5.1).
func read(c *dialog.Conn) (answer, error) {
	line, err := c.Line()
	for err == nil && line == "" {
		line, err = c.Line()
	}
	if err != nil {
		return answer{}, err
	}
	a, err := parseStatus(line)
	if err != nil {
		return answer{}, err
	}
	for range maxHeaders {
		if line, err = c.Line(); err != nil {
			return answer{}, err
		}
		if line == "" {
			_, err = c.Bytes(a.length)
			return a, err
		}
		if err := a.header(line); err != nil {
			return answer{}, err
		}
	}
	return answer{}, fmt.Errorf("server sent more than %d header lines", maxHeaders)
}

// parseStatus returns the answer that begins with this line.
func parseStatus(line string) (answer, error) {
	status, ok := strings.CutPrefix(line, "SIP/2.0 ")
	digits, _, _ := strings.Cut(status, " ")
	code, err := strconv.Atoi(digits)
	if !ok || err != nil || len(digits) != 3 || code < 100 || code > 699 {
		return answer{}, fmt.Errorf("no answer of SIP: %s", dialog.Clean(line))
	}
	return answer{code: code, status: status}, nil
}

// header takes what matters from a header line. A name may be short (RFC 3261,
// section 7.3.3).
func (a *answer) header(line string) error {
	name, value, _ := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "call-id", "i":
		a.callID = value
	case "content-length", "l":
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return fmt.Errorf("no length: %s", dialog.Clean(line))
		}
		a.length = n
	}
	return nil
}
