package ldap

import (
	"errors"
	"fmt"

	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
)

// Operations, RFC 4511, section 4.2 and the following.
const (
	bindRequest      = application + 0
	bindResponse     = application + 1
	unbindRequest    = primitive + 2
	searchRequest    = application + 3
	searchEntry      = application + 4
	searchDone       = application + 5
	searchReference  = application + 19
	extendedRequest  = application + 23
	extendedResponse = application + 24
)

// Attributes that are asked for, RFC 4511, section 4.5.1.8, and RFC 3673.
const (
	noAttributes          = "1.1"
	userAttributes        = "*"
	operationalAttributes = "+"
)

const (
	success      = 0
	startTLSName = "1.3.6.1.4.1.1466.20037"
	maxMessages  = 64 // that are no answer to the question
)

// A session is a connection on which messages are exchanged: a sequence of a
// number, an operation, and perhaps more.
type session struct {
	*dialog.Conn
	messages byte // that were sent
}

// send sends an operation.
func (s *session) send(operation element) error {
	s.messages++
	return s.Send(string(newElement(tagSequence, newNumber(tagInteger, s.messages), operation)))
}

// read returns the operation that answers the last one that was sent.
func (s *session) read() (tag byte, contents []byte, err error) {
	for range maxMessages {
		message, err := readElement(s.Conn, tagSequence)
		if err != nil {
			return 0, nil, err
		}
		number, rest, err := expect(tagInteger, message)
		if err != nil {
			return 0, nil, err
		}
		tag, contents, _, err := next(rest)
		if err != nil {
			return 0, nil, err
		}
		if len(number) == 1 && number[0] == 0 && tag == extendedResponse { // RFC 4511, section 4.4.1
			return 0, nil, s.result("disconnected", contents)
		}
		if len(number) == 1 && number[0] == s.messages {
			return tag, contents, nil
		}
	}
	return 0, nil, errMalformed
}

// startTLS asks whether TLS may begin.
func (s *session) startTLS() error {
	return s.ask("StartTLS", newElement(extendedRequest, newString(context0, startTLSName)), extendedResponse)
}

// bind says who asks.
func (s *session) bind(name, password string) error {
	const version = 3
	return s.ask("bind", newElement(bindRequest, newNumber(tagInteger, version), newString(tagString, name),
		newString(context0, password)), bindResponse)
}

// ask sends an operation and returns nil if the answer is a success.
func (s *session) ask(what string, operation element, want byte) error {
	if err := s.send(operation); err != nil {
		return err
	}
	tag, contents, err := s.read()
	if err != nil {
		return err
	}
	if tag != want {
		return errMalformed
	}
	return s.result(what, contents)
}

// leave ends the session. There is no answer.
func (s *session) leave() {
	s.messages++
	s.Leave(string(newElement(tagSequence, newNumber(tagInteger, s.messages), newElement(unbindRequest))))
}

// search returns the entry at base: its name, then "name: value" for each value
// of its attributes. There is an error if it is not there.
func (s *session) search(base string, filter element, attributes []string) (entry []string, err error) {
	var names element
	for _, name := range attributes {
		names = append(names, newString(tagString, name)...)
	}
	const (
		baseObject   = 0
		neverAliases = 0
		unlimited    = 0 // in number and time
	)
	err = s.send(newElement(searchRequest, newString(tagString, base), newNumber(tagEnumerated, baseObject),
		newNumber(tagEnumerated, neverAliases), newNumber(tagInteger, unlimited), newNumber(tagInteger, unlimited),
		newNumber(tagBoolean, 0), filter, newElement(tagSequence, names)))
	if err != nil {
		return nil, err
	}
	for range maxMessages {
		tag, contents, err := s.read()
		if err != nil {
			return nil, err
		}
		switch tag {
		case searchEntry:
			if entry, err = parseEntry(contents); err != nil {
				return nil, err
			}
		case searchDone:
			if err := s.result("search", contents); err != nil {
				return nil, err
			}
			if entry == nil {
				return nil, errors.New("search: no entry")
			}
			return entry, nil
		case searchReference:
		default:
			return nil, errMalformed
		}
	}
	return nil, errMalformed
}

// parseEntry returns an entry: its name, and a sequence of attributes, each with
// a name and a set of values.
func parseEntry(contents []byte) ([]string, error) {
	name, rest, err := expect(tagString, contents)
	if err != nil {
		return nil, err
	}
	entry := []string{string(name)}
	attributes, _, err := expect(tagSequence, rest)
	for err == nil && len(attributes) > 0 {
		var attribute, values, value []byte
		if attribute, attributes, err = expect(tagSequence, attributes); err != nil {
			break
		}
		if name, rest, err = expect(tagString, attribute); err != nil {
			break
		}
		const set = 0x31
		values, _, err = expect(set, rest)
		for err == nil && len(values) > 0 {
			value, values, err = expect(tagString, values)
			entry = append(entry, string(name)+": "+string(value))
		}
	}
	return entry, err
}

// result returns nil if an answer is a success: a code, a name, a text.
func (s *session) result(what string, contents []byte) error {
	code, rest, err := expect(tagEnumerated, contents)
	if err != nil {
		return err
	}
	_, rest, err = expect(tagString, rest)
	if err != nil {
		return err
	}
	text, _, err := expect(tagString, rest)
	if err != nil || len(code) != 1 {
		return errMalformed
	}
	if code[0] == success && what != "disconnected" {
		return nil
	}
	reason := fmt.Sprintf("%s: %s", what, resultName(code[0]))
	if len(text) > 0 {
		reason += ": " + s.Said(string(text))
	}
	return errors.New(reason)
}

// resultName returns the name of a result, RFC 4511, section 4.1.9.
func resultName(code byte) string {
	names := map[byte]string{
		1: "operationsError", 2: "protocolError", 3: "timeLimitExceeded", 8: "strongerAuthRequired", 10: "referral",
		11: "adminLimitExceeded", 13: "confidentialityRequired", 32: "noSuchObject", 34: "invalidDNSyntax",
		48: "inappropriateAuthentication", 49: "invalidCredentials", 50: "insufficientAccessRights", 51: "busy",
		52: "unavailable", 53: "unwillingToPerform", 80: "other",
	}
	if name, ok := names[code]; ok {
		return fmt.Sprintf("%s (%d)", name, code)
	}
	return fmt.Sprintf("result %d", code)
}
