// Package dns asks name servers a question (RFC 1035).
//
// Without Expect and Regex a server is healthy if it answers with RCODE 0,
// which is keepalived's DNS_CHECK: the query is the same, with RD set and
// without EDNS, and what the answer holds is of no interest. With them the
// server has to know what it is asked for.
//
// Only a message with the id and the question of the query counts as its
// answer. All others, such as the late answer to an earlier probe, are passed
// over until the deadline.
package dns

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/internal/dialog"
)

// A Config says what to ask and what to hear.
type Config struct {
	// Type is the type of the records that are asked for, such as "AAAA"
	// (keepalived: type), or "TYPE65280" for one without a name; "" for SOA.
	Type string

	// Name is the name that is asked for (keepalived: name), with or without a
	// dot at the end; "" for the root.
	Name string

	// Expect lists answers that must all be there, others may be too. Each is
	// the data of a record as zone files have it: "192.0.2.1", "10 mx.example.org".
	// Names need no dot at the end, and texts of a TXT record no quotes.
	Expect []string

	// Regex is a regular expression that the data of one answer of the asked
	// type must match, as zone files have it, with or without the dot at its
	// end (ldirectord: receive); "" for none.
	Regex string

	// Transport is "udp" or "tcp"; "" for udp. A truncated answer over UDP that
	// does not settle it is asked for again over TCP.
	Transport string
}

// A probe asks one question.
type probe struct {
	question []byte // the query, with id 0
	expect   []dns.RR
	regex    *regexp.Regexp
	qtype    uint16
}

// overUDP and overTCP are a probe by its transport.
type (
	overUDP struct{ probe }
	overTCP struct{ probe }
)

var (
	_ healthcheck.Prober = (*overUDP)(nil)
	_ healthcheck.Talker = (*overTCP)(nil)
)

// New returns a probe that asks as c says. Over TCP it is a
// [healthcheck.Talker].
func New(c Config) (healthcheck.Prober, error) {
	p, err := newProbe(c)
	if err != nil {
		return nil, err
	}
	switch c.Transport {
	case "", "udp":
		return &overUDP{p}, nil
	case "tcp":
		return &overTCP{p}, nil
	default:
		return nil, fmt.Errorf(`transport %q is not known: use "udp" or "tcp"`, c.Transport)
	}
}

func newProbe(c Config) (probe, error) {
	qtype, err := typeOf(c.Type)
	if err != nil {
		return probe{}, err
	}
	if _, ok := dns.IsDomainName(c.Name); !ok && c.Name != "" {
		return probe{}, fmt.Errorf("%q is no domain name", c.Name)
	}
	query := dns.Msg{
		MsgHdr:   dns.MsgHdr{RecursionDesired: true},
		Question: []dns.Question{{Name: dns.Fqdn(c.Name), Qtype: qtype, Qclass: dns.ClassINET}},
	}
	p := probe{qtype: qtype}
	if p.question, err = query.Pack(); err != nil {
		return probe{}, fmt.Errorf("ask for %q: %w", c.Name, err)
	}
	if p.expect, err = records(c.Expect, qtype); err != nil {
		return probe{}, err
	}
	if c.Regex != "" {
		if p.regex, err = regexp.Compile(c.Regex); err != nil {
			return probe{}, fmt.Errorf("regex: %w", err)
		}
	}
	return p, nil
}

// typeOf returns the type with a name.
func typeOf(name string) (uint16, error) {
	if name == "" {
		return dns.TypeSOA, nil
	}
	name = strings.ToUpper(name)
	qtype, known := dns.StringToType[name]
	if !known {
		var n uint16
		if _, err := fmt.Sscanf(name, "TYPE%d", &n); err != nil || fmt.Sprintf("TYPE%d", n) != name {
			return 0, fmt.Errorf("record type %q is not known: write one such as A, AAAA or SOA, or its number as TYPE65280", name)
		}
		qtype = n
	}
	switch qtype {
	case dns.TypeNone, dns.TypeReserved, dns.TypeOPT, dns.TypeTSIG, dns.TypeTKEY, dns.TypeAXFR, dns.TypeIXFR, dns.TypeMAILA, dns.TypeMAILB:
		return 0, fmt.Errorf("record type %s cannot be asked for in a check: use one such as A, AAAA or SOA", name)
	default:
		return qtype, nil
	}
}

// records returns the records of a type with these data. They have the root for
// a name.
func records(data []string, qtype uint16) ([]dns.RR, error) {
	name := dns.Type(qtype).String()
	if qtype == dns.TypeANY && len(data) > 0 {
		return nil, errors.New("expect needs one type of records, not ANY")
	}
	var rrs []dns.RR
	for _, d := range data {
		text := d
		if qtype == dns.TypeTXT && !strings.HasPrefix(text, `"`) {
			text = `"` + text + `"`
		}
		rr, err := dns.NewRR(". 0 IN " + name + " " + text)
		if err != nil || rr == nil || strings.ContainsAny(text, "\r\n") {
			return nil, fmt.Errorf("expect: %q is not the data of a record of type %s", d, name)
		}
		rrs = append(rrs, rr)
	}
	return rrs, nil
}

// Kind returns "dns_check".
func (*probe) Kind() string { return "dns_check" }

// Probe asks the target over UDP.
func (p *overUDP) Probe(ctx context.Context, t healthcheck.Target, _ healthcheck.State) (healthcheck.Result, error) {
	conn, err := healthcheck.DialUDP(ctx, t)
	if err != nil {
		return healthcheck.Result{}, err
	}
	defer func() { _ = conn.Close() }() // nothing is lost
	reply, err := p.askUDP(conn)
	if err != nil {
		return healthcheck.Result{}, err
	}
	err = p.judge(reply)
	if err == nil || !truncated(reply) || rcode(reply) != dns.RcodeSuccess {
		return healthcheck.Result{}, err
	}
	again, err := healthcheck.Dial(ctx, t)
	if err != nil {
		return healthcheck.Result{}, fmt.Errorf("answer is truncated, over TCP: %w", err)
	}
	defer func() { _ = again.Close() }() // nothing is lost
	if err := p.talk(again); err != nil {
		return healthcheck.Result{}, fmt.Errorf("answer is truncated, over TCP: %w", err)
	}
	return healthcheck.Result{}, nil
}

// Probe asks the target over TCP.
func (p *overTCP) Probe(ctx context.Context, t healthcheck.Target, was healthcheck.State) (healthcheck.Result, error) {
	return dialog.Ask(ctx, p, t, was)
}

// missing returns the first expected record that is not among the answers.
func (p *probe) missing(answers []dns.RR) dns.RR {
	for _, want := range p.expect {
		found := slices.ContainsFunc(answers, func(rr dns.RR) bool { return dns.IsDuplicate(rr, want) })
		if !found {
			return want
		}
	}
	return nil
}
