package fwmark

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/ldirector/ldirector/director/ipvs"
)

// A RuleError is a rule that makes no sense.
type RuleError struct {
	Rule   int // its index
	Reason string
}

func (e *RuleError) Error() string { return fmt.Sprintf("rule %d: %s", e.Rule+1, e.Reason) }

// An OverlapError is two rules that want the same packet to have different
// marks.
type OverlapError struct {
	Rules     [2]int    // their indices
	Marks     [2]uint32 // their marks
	Addresses Range     // some of what both match
	Protocol  ipvs.Protocol
	Ports     PortRange
}

func (e *OverlapError) Error() string {
	return fmt.Sprintf("%s %s port %s would need both mark %d and mark %d: leave it out of one of them",
		e.Protocol, e.Addresses, e.Ports, e.Marks[0], e.Marks[1])
}

// Validate returns what is wrong with the rules: the joined [*RuleError]s, or
// if there are none, the first [*OverlapError] of each pair of rules.
func Validate(rules []Rule) error {
	var errs []error
	for i, r := range rules {
		if reason := r.flaw(); reason != "" {
			errs = append(errs, &RuleError{Rule: i, Reason: reason})
		}
	}
	if len(errs) == 0 {
		errs = overlaps(rules)
	}
	return errors.Join(errs...)
}

// flaw says why a rule makes no sense, "" if it does.
func (r Rule) flaw() string {
	if r.Mark == 0 {
		return "the mark is 0, which is what packets without a mark have"
	}
	if len(r.Addresses) == 0 {
		return "no addresses"
	}
	for _, a := range r.Addresses {
		a = a.unmap()
		switch {
		case !a.From.IsValid() || !a.To.IsValid():
			return "an address is missing"
		case a.From.Zone() != "" || a.To.Zone() != "":
			return fmt.Sprintf("%s: an address with a zone", a)
		case a.From.Is4() != a.To.Is4():
			return fmt.Sprintf("%s: a range across address families", a)
		case a.To.Less(a.From):
			return fmt.Sprintf("%s: the range ends before it begins", a)
		}
	}
	for _, p := range r.Ports {
		if p.To < p.From {
			return fmt.Sprintf("ports %s: the range ends before it begins", p)
		}
	}
	for _, p := range r.Protocols {
		if p != ipvs.TCP && p != ipvs.UDP && p != ipvs.SCTP {
			return fmt.Sprintf("%s is not balanced by IPVS", p)
		}
	}
	return ""
}

// A claim is what one rule wants, in one range of addresses.
type claim struct {
	Range
	rule int
}

// overlaps sweeps over the addresses in order, with the claims that cover the
// place in hand.
func overlaps(rules []Rule) []error {
	var claims []claim
	for i, r := range rules {
		for _, f := range []ipvs.Family{ipvs.INET, ipvs.INET6} {
			for _, a := range mergeRanges(ofFamily(r.Addresses, f)) {
				claims = append(claims, claim{Range: a, rule: i})
			}
		}
	}
	slices.SortStableFunc(claims, func(a, b claim) int { return a.From.Compare(b.From) })
	var errs []error
	told := make(map[[2]int]bool)
	var open []claim
	for _, c := range claims {
		open = slices.DeleteFunc(open, func(o claim) bool { return o.To.Less(c.From) })
		for _, o := range open {
			pair := [2]int{min(o.rule, c.rule), max(o.rule, c.rule)}
			if told[pair] {
				continue
			}
			if err := collide(rules, pair); err != nil {
				told[pair] = true
				err.Addresses = Range{From: c.From, To: lesser(o.To, c.To)}
				errs = append(errs, err)
			}
		}
		open = append(open, c)
	}
	return errs
}

// collide says what two rules share beside addresses, nil if nothing or if they
// agree on the mark.
func collide(rules []Rule, pair [2]int) *OverlapError {
	a, b := rules[pair[0]], rules[pair[1]]
	if a.Mark == b.Mark {
		return nil
	}
	ports, ok := commonPorts(everyPort(a.Ports), everyPort(b.Ports))
	if !ok {
		return nil
	}
	for _, p := range protocols(a.Protocols) {
		if slices.Contains(protocols(b.Protocols), p) {
			return &OverlapError{Rules: pair, Marks: [2]uint32{a.Mark, b.Mark}, Protocol: p, Ports: ports}
		}
	}
	return nil
}

// everyPort spells "none: all" out.
func everyPort(ports []PortRange) []PortRange {
	if len(ports) == 0 {
		return []PortRange{{From: 0, To: 65535}}
	}
	return ports
}

func commonPorts(a, b []PortRange) (PortRange, bool) {
	for _, x := range a {
		for _, y := range b {
			if c := (PortRange{From: max(x.From, y.From), To: min(x.To, y.To)}); c.From <= c.To {
				return c, true
			}
		}
	}
	return PortRange{}, false
}

func lesser(a, b netip.Addr) netip.Addr {
	if a.Less(b) {
		return a
	}
	return b
}
