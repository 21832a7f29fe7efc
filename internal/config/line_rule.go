package config

import (
	"fmt"
	"math"
	"net/netip"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/netif"
)

// A ruleParser reads a rule.
type ruleParser struct {
	*line
	static bool
	r      netif.Rule
}

// parseRule reads a line of virtual_rules or static_rules: the words of
// ip-rule(8). The error is a sentence for users.
func parseRule(text string, static bool) (netif.Rule, error) {
	p := ruleParser{line: newLine(text), static: static, r: netif.Rule{SuppressPrefixLength: -1, UIDRange: [2]int{-1, -1}}}
	for p.more() {
		if err := p.word(p.next()); err != nil {
			return p.r, err
		}
	}
	return p.r, p.finish()
}

// word reads one word with its value.
func (p *ruleParser) word(word string) (err error) {
	r := &p.r
	switch word {
	case "not":
		r.Not, err = true, p.once(word)
	case "from":
		r.From, err = p.network(word)
	case "to":
		r.To, err = p.network(word)
	case "table", "lookup":
		if err = p.action("lookup"); err == nil {
			r.Table, err = p.table()
		}
	case "goto":
		if err = p.action(word); err == nil {
			r.Goto, err = p.number(word, 1, math.MaxUint32)
		}
	case "nop", "blackhole", "unreachable", "prohibit":
		err = p.action(word)
	case "preference", "order", "priority":
		r.Preference, err = p.number("preference", 1, math.MaxUint32)
	case "tos", "dsfield":
		r.TOS, err = p.number("tos", 0, 255)
	case "no_track":
		r.NoTrack, err = true, p.once(word)
	case "track_group":
		r.TrackGroup, err = p.trackGroup(p.static)
	case "inet":
		err = p.once(word)
	case "inet6":
		r.IPv6, err = true, p.once(word)
	default:
		return p.selector(word)
	}
	return err
}

// selector reads a word about which packets the rule is for.
func (p *ruleParser) selector(word string) (err error) {
	r := &p.r
	switch word {
	case "fwmark":
		err = p.mark()
	case "iif":
		r.IIF, err = p.device(word)
	case "oif":
		r.OIF, err = p.device(word)
	case "suppress_prefixlength":
		r.SuppressPrefixLength, err = p.number(word, 0, 128)
	case "uidrange":
		r.UIDRange[0], r.UIDRange[1], err = p.numbers(word, 0, math.MaxUint32-1)
	case "l3mdev":
		if err = p.action("lookup"); err == nil {
			r.L3MDev = true
		}
	case "protocol":
		r.Protocol, err = p.protocol()
	case "ipproto", "ip_proto":
		r.IPProto, err = p.ipProto()
	case "sport":
		r.SourcePort, err = p.ports(word)
	case "dport":
		r.DestinationPort, err = p.ports(word)
	case "realms", "tunnel-id", "tun_id", "suppress_ifgroup", "suppress_ifgrp":
		return fmt.Errorf("%s is not supported in a rule. Remove it, or add the rule by a notify command", word)
	default:
		return fmt.Errorf("%q is not known here. Write a rule as for ip rule add, such as \"from 198.51.100.0/24 preference 1000 table 100\"", word)
	}
	return err
}

// action notes what the rule does.
func (p *ruleParser) action(word string) error {
	if p.r.Action != "" {
		return fmt.Errorf("%s and %s are two actions. Remove one of them", p.r.Action, word)
	}
	p.r.Action = word
	return nil
}

// network reads "IP[/LEN]" or a word for everything.
func (p *ruleParser) network(word string) (netip.Prefix, error) {
	text, err := p.value(word)
	if err != nil || text == "all" || text == "any" || text == "default" {
		return netip.Prefix{}, err
	}
	return parseSubnet(text)
}

// mark reads "N[/MASK]".
func (p *ruleParser) mark() error {
	text, err := p.value("fwmark")
	if err != nil {
		return err
	}
	text, mask, hasMask := strings.Cut(text, "/")
	mark, err := parseNumber("fwmark", text, 0, math.MaxUint32)
	p.r.FWMark, p.r.FWMask = uint32(mark), math.MaxUint32
	if err == nil && hasMask {
		var n int
		n, err = parseNumber("fwmark's mask", mask, 1, math.MaxUint32)
		p.r.FWMask = uint32(n)
	}
	return err
}

// ipProto reads an IP protocol.
func (p *ruleParser) ipProto() (int, error) {
	text, err := p.value("ipproto")
	if err != nil {
		return 0, err
	}
	names := map[string]int{"icmp": unix.IPPROTO_ICMP, "tcp": unix.IPPROTO_TCP, "udp": unix.IPPROTO_UDP, "gre": unix.IPPROTO_GRE, "esp": unix.IPPROTO_ESP, "ah": unix.IPPROTO_AH, "ipv6-icmp": unix.IPPROTO_ICMPV6, "vrrp": 112, "sctp": unix.IPPROTO_SCTP}
	if n, ok := names[text]; ok {
		return n, nil
	}
	return parseNumber("ipproto", text, 1, 255)
}

// ports reads "N" or "N-N".
func (p *ruleParser) ports(word string) ([2]uint16, error) {
	first, last, err := p.numbers(word, 1, math.MaxUint16)
	return [2]uint16{uint16(first), uint16(last)}, err
}

// finish checks what goes together.
func (p *ruleParser) finish() error {
	r := &p.r
	from, to := r.From.IsValid() && r.From.Addr().Is6(), r.To.IsValid() && r.To.Addr().Is6()
	from4, to4 := r.From.IsValid() && !from, r.To.IsValid() && !to
	r.IPv6 = r.IPv6 || from || to
	switch {
	case r.IPv6 && (from4 || to4):
		return fmt.Errorf("from, to and inet6 are of different families. Write two rules")
	case r.Action == "":
		return fmt.Errorf("the rule does nothing. Add table N, goto N, nop, blackhole, unreachable or prohibit")
	case r.Action == "goto" && r.Preference != 0 && r.Goto <= r.Preference:
		return fmt.Errorf("goto %d is not behind the rule's own preference %d. Rules are jumped to forwards only", r.Goto, r.Preference)
	case r.SuppressPrefixLength >= 0 && r.Action != "lookup":
		return fmt.Errorf("suppress_prefixlength is about the routes of a table. Add table N, or remove it")
	}
	return nil
}
