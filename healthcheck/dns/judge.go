package dns

import (
	"errors"
	"fmt"
	"strings"

	"github.com/miekg/dns"

	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
)

// judge returns what is wrong with an answer to the query.
func (p *probe) judge(reply []byte) error {
	if code := rcode(reply); code != dns.RcodeSuccess {
		name, known := dns.RcodeToString[code]
		if !known {
			name = fmt.Sprintf("RCODE %d", code)
		}
		return errors.New("answered " + name)
	}
	if len(p.expect) == 0 && p.regex == nil {
		return nil
	}
	var msg dns.Msg
	if err := msg.Unpack(reply); err != nil {
		return fmt.Errorf("answered with a broken message: %w", err)
	}
	for _, rr := range msg.Answer {
		rr.Header().Name = "." // of the CNAME that led here; that of the expected records
	}
	if rr := p.missing(msg.Answer); rr != nil {
		return fmt.Errorf("%s is not among the answers: %s", data(rr), p.list(msg.Answer))
	}
	if p.regex != nil && !p.matches(msg.Answer) {
		return fmt.Errorf("no answer matches %q: %s", p.regex, p.list(msg.Answer))
	}
	return nil
}

// matches reports whether the data of one of the answers match the regular
// expression.
func (p *probe) matches(answers []dns.RR) bool {
	for _, rr := range answers {
		text := data(rr)
		if p.asked(rr) && (p.regex.MatchString(text) || p.regex.MatchString(strings.TrimSuffix(text, "."))) {
			return true
		}
	}
	return false
}

// asked reports whether a record is of the type that was asked for.
func (p *probe) asked(rr dns.RR) bool {
	return p.qtype == dns.TypeANY || rr.Header().Rrtype == p.qtype
}

// list returns the data of the answers, as many as a status line can hold.
func (p *probe) list(answers []dns.RR) string {
	var all []string
	for _, rr := range answers {
		if p.asked(rr) {
			all = append(all, data(rr))
		}
		if len(all) == 10 {
			break
		}
	}
	if len(all) == 0 {
		return "there are none"
	}
	return dialog.Clean(strings.Join(all, ", "))
}

// data returns the data of a record as zone files have it.
func data(rr dns.RR) string {
	return strings.TrimPrefix(rr.String(), rr.Header().String())
}
