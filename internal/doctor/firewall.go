package doctor

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// A Chain is one of the firewall, of nftables or iptables.
type Chain struct {
	Program string // whose it is: "nft" or "iptables"
	Family  string // "ip", "ip6" or "inet"
	Table   string
	Name    string
	// Hook is where the kernel begins with it, "input"; "": other chains jump to it.
	Hook     string
	Priority int
	Drops    bool // policy of a chain with a Hook
	Rules    []Rule
}

// name is what people call the chain.
func (c *Chain) name() string { return "chain " + c.Name + " of table " + c.Family + " " + c.Table }

// see is the command that shows it.
func (c *Chain) see() string {
	switch {
	case c.Program == "nft":
		return "nft list chain " + c.Family + " " + c.Table + " " + c.Name
	case c.Family == "ip6":
		return "ip6tables -t " + c.Table + " -nvL " + c.Name
	default:
		return "iptables -t " + c.Table + " -nvL " + c.Name
	}
}

// A Rule is one with a verdict; others decide nothing and are left out, but for
// translations of sources.
type Rule struct {
	Text      string
	Matches   []Match
	Verdict   Verdict
	Target    string // chain of Jump and Goto
	SourceNAT bool
}

// A Verdict is what a rule does with a packet.
type Verdict uint8

// The verdicts.
const (
	Continue Verdict = iota
	Accept
	Drop // or reject
	Jump
	Goto
	Return
)

// A Match is a condition of a rule: the field has one of the values, or with Not
// none of them. A field that is not known here, "", may match or not.
type Match struct {
	Field  Field
	Values []string // names, numbers, addresses, prefixes, ranges "a-b"
	Not    bool
}

// A Field is what a Match looks at.
type Field string

// The fields that are understood.
const (
	InDevice    Field = "iif"
	OutDevice   Field = "oif"
	Family      Field = "family" // "ip" or "ip6"
	IPProtocol  Field = "protocol"
	Source      Field = "saddr"
	Destination Field = "daddr"
	SourcePort  Field = "sport"
	Port        Field = "dport"
	State       Field = "state" // of connection tracking
	PacketType  Field = "pkttype"
)

// A packet is one whose fate is asked for. A field that is not there is not known.
type packet struct {
	hook   string
	ip6    bool
	fields map[Field]string
}

// ternary is an answer that may be missing.
type ternary int8

const (
	no ternary = iota - 1
	perhaps
	yes
)

// holds reports whether a condition is true for the packet.
func (m *Match) holds(p packet) ternary {
	have, known := p.fields[m.Field]
	if m.Field == Family {
		have, known = "ip", true
		if p.ip6 {
			have = "ip6"
		}
	}
	if m.Field == "" || !known {
		return perhaps
	}
	result := no
	for _, v := range m.Values {
		if one := sameValue(m.Field, have, v); one > result {
			result = one
		}
	}
	if m.Not {
		return -result
	}
	return result
}

// sameValue reports whether what a packet has is a value or within it.
func sameValue(field Field, have, value string) ternary {
	switch {
	case strings.HasPrefix(value, "@"): // a set
		return perhaps
	case have == value:
		return yes
	}
	ok := false
	switch field {
	case InDevice, OutDevice:
		prefix, wild := strings.CutSuffix(value, "*")
		ok = wild && strings.HasPrefix(have, prefix)
	case Source, Destination:
		ok = withinAddresses(have, value)
	case SourcePort, Port:
		ok = withinNumbers(have, value)
	case IPProtocol:
		ok = protocolNumber(have) == protocolNumber(value)
	case Family, State, PacketType:
	}
	if ok {
		return yes
	}
	return no
}

// withinAddresses reports whether an address is in a prefix or a range.
func withinAddresses(have, value string) bool {
	addr, err := netip.ParseAddr(have)
	if err != nil {
		return false
	}
	if prefix, err := netip.ParsePrefix(value); err == nil {
		return prefix.Contains(addr)
	}
	low, high, _ := strings.Cut(value, "-")
	from, err1 := netip.ParseAddr(low)
	to, err2 := netip.ParseAddr(cmp.Or(high, low))
	return err1 == nil && err2 == nil && from.Compare(addr) <= 0 && addr.Compare(to) <= 0
}

func withinNumbers(have, value string) bool {
	n, err := strconv.Atoi(have)
	low, high, _ := strings.Cut(value, "-")
	from, err1 := strconv.Atoi(low)
	to, err2 := strconv.Atoi(cmp.Or(high, low))
	return err == nil && err1 == nil && err2 == nil && from <= n && n <= to
}

// protocolNumber returns the number of a protocol of IP that has a name in
// nftables or iptables.
func protocolNumber(name string) string {
	switch name {
	case "icmp":
		return "1"
	case "igmp":
		return "2"
	case "tcp":
		return "6"
	case "udp":
		return "17"
	case "ipv6-icmp", "icmpv6":
		return "58"
	case "vrrp":
		return "112"
	case "sctp":
		return "132"
	}
	return name
}

// matches reports whether all conditions of a rule are true for the packet.
func (r *Rule) matches(p packet) ternary {
	result := yes
	for i := range r.Matches {
		result = min(result, r.Matches[i].holds(p))
	}
	return result
}

// dropped returns the chain that drops the packet for sure, and the rule of it,
// nil for its policy. A rule that may accept the packet counts as one that does.
func dropped(chains []Chain, p packet) (*Chain, *Rule) {
	var bases []*Chain
	for i := range chains {
		c := &chains[i]
		if c.Hook == p.hook && (c.Family == "inet" || (c.Family == "ip6") == p.ip6) {
			bases = append(bases, c)
		}
	}
	slices.SortStableFunc(bases, func(a, b *Chain) int { return cmp.Compare(a.Priority, b.Priority) })
	for _, c := range bases {
		w := walk{chains: chains, packet: p}
		switch verdict := w.through(c, 0); {
		case verdict == Drop:
			return w.chain, w.rule
		case verdict == Continue && c.Drops:
			return c, nil
		}
	}
	return nil, nil
}

// A walk is the way of a packet through a chain and those that it leads to.
type walk struct {
	chains []Chain
	packet packet

	chain *Chain // what has dropped it
	rule  *Rule
}

// maxJumps is the kernel's limit (NFT_JUMP_STACK_SIZE).
const maxJumps = 16

// through returns Accept, Drop, or Continue for a packet that is not decided on.
func (w *walk) through(c *Chain, depth int) Verdict {
	for i := range c.Rules {
		r := &c.Rules[i]
		match := r.matches(w.packet)
		if match == no {
			continue
		}
		verdict := r.Verdict
		if verdict == Jump || verdict == Goto {
			verdict = w.into(r, c, depth)
		}
		switch {
		case verdict == Accept:
			return Accept
		case verdict == Drop && match == yes:
			if w.chain == nil {
				w.chain, w.rule = c, r
			}
			return Drop
		case match != yes && (r.Verdict == Return || r.Verdict == Goto):
			return Accept // what follows may not be for this packet
		case match != yes: // it may be dropped: the next rules tell
			w.chain, w.rule = nil, nil
		case r.Verdict == Return || r.Verdict == Goto:
			return Continue
		}
	}
	return Continue
}

// into follows a rule to another chain.
func (w *walk) into(r *Rule, c *Chain, depth int) Verdict {
	if depth == maxJumps {
		return Accept
	}
	for i := range w.chains {
		t := &w.chains[i]
		if t.Name == r.Target && t.Table == c.Table && t.Family == c.Family && t.Program == c.Program {
			return w.through(t, depth+1)
		}
	}
	return Accept // not to be seen
}
