package ldirectord

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// maxRange is the most addresses that a range may have.
const maxRange = 4096

// maxWeight is the highest weight that ipvsadm takes.
const maxWeight = 65535

// real reads a real server:
//
//	HOST[->HOST][:PORT] gate|masq|ipip [WEIGHT] ["REQUEST", "RECEIVE"] [l:N] [u:N]
func (p *parser) real(v *virtual, a argument) {
	where, flags, _ := strings.Cut(strings.ReplaceAll(a.text, "\t", " "), " ")
	first, last, port, ok := p.realRange(v, a, where)
	if !ok {
		return
	}
	r := real{line: a.line, port: port, weight: 1}
	if !p.realFlags(&r, a, flags) {
		return
	}
	for addr := first; ; addr = addr.Next() {
		one := r
		one.addr = addr
		v.reals = append(v.reals, one)
		if addr == last {
			return
		}
	}
}

// realRange reads the addresses and the port.
func (p *parser) realRange(v *virtual, a argument, where string) (first, last netip.Addr, port uint16, ok bool) {
	hosts, portName := cutPort(where)
	from, to, isRange := strings.Cut(hosts, "->")
	if !isRange {
		to = from
	}
	if !p.hostForm(from, v.six) || !p.hostForm(to, v.six) {
		p.bad(a.line, a.option, "%q is no %s address. Write ADDRESS:PORT METHOD, with a blank between them and IPv6 addresses in brackets.", short(where), v.family())
		return first, last, 0, false
	}
	first, ok = p.host(from, v.six, a.line, a.option)
	if isRange && ok {
		last, ok = p.host(to, v.six, a.line, a.option)
	} else {
		last = first
	}
	if portName != "" && ok {
		port, ok = p.port(portName, "", a.line, a.option)
	}
	if isRange && ok {
		ok = p.checkRange(v, a, first, last)
	}
	return first, last, port, ok
}

// cutPort takes the port off a host or range.
func cutPort(where string) (hosts, port string) {
	colon := strings.LastIndexByte(where, ':')
	if colon < 0 || !made(where[colon+1:], portChars) || strings.HasSuffix(where, "]") {
		return where, ""
	}
	return where[:colon], where[colon+1:]
}

func (p *parser) checkRange(v *virtual, a argument, first, last netip.Addr) bool {
	switch {
	case v.six:
		p.bad(a.line, a.option, "ldirectord has no ranges of IPv6 addresses. Write one real6 for each address.")
	case last.Less(first):
		p.bad(a.line, a.option, "the range ends before it begins. Write the lower address first.")
	case ipv4Number(last)-ipv4Number(first) >= maxRange:
		p.bad(a.line, a.option, "the range has more than %d addresses. Write smaller ones.", maxRange)
	default:
		return true
	}
	return false
}

func ipv4Number(a netip.Addr) uint32 {
	b := a.As4()
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

// realFlags reads what follows the address.
func (p *parser) realFlags(r *real, a argument, flags string) bool {
	r.method, flags = nextWord(flags)
	if !method(r.method) {
		p.bad(a.line, a.option, "%q is no forwarding method. Write gate, masq or ipip behind the address.", short(r.method))
		return false
	}
	if word, rest := nextWord(flags); made(word, "0123456789") {
		n, err := strconv.Atoi(word)
		if err != nil || n > maxWeight {
			p.bad(a.line, a.option, "the weight %s is more than ipvsadm takes. Write a number from 0 to %d.", short(word), maxWeight)
			return false
		}
		r.weight, flags = n, rest
	}
	flags, ok := p.realPair(r, a, flags)
	return ok && p.realThresholds(r, a, flags)
}

// nextWord takes a word off s.
func nextWord(s string) (word, rest string) {
	s = strings.TrimLeft(s, " ")
	word, _, _ = strings.Cut(s, " ")
	return word, s[len(word):]
}

func method(word string) bool {
	return word == methodGate || word == methodMasq || word == methodIPIP
}

// realPair reads a request and a receive string. They may hold quotes: the last
// `","` is between them and the last quote ends them.
func (p *parser) realPair(r *real, a argument, flags string) (rest string, ok bool) {
	text := strings.TrimLeft(flags, " ")
	if !strings.HasPrefix(text, `"`) {
		return flags, true
	}
	end := strings.LastIndexByte(text, '"')
	var between, second int
	for i := 1; i < end-1; i++ {
		if text[i] != '"' || text[i+1] != ',' && text[i+1] != ' ' {
			continue
		}
		if next := i + 2 + blanks(text[i+2:]); next < end && text[next] == '"' {
			between, second = i, next
		}
	}
	if between == 0 {
		p.bad(a.line, a.option, "a request string needs a receive string. Write \"REQUEST\", \"RECEIVE\", both on this line and without a # in them.")
		return "", false
	}
	r.hasPair, r.request, r.receive = true, text[1:between], text[second+1:end]
	return text[end+1:], true
}

// blanks counts the blanks at the beginning.
func blanks(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }

// realThresholds reads l: and u:, in this order.
func (p *parser) realThresholds(r *real, a argument, flags string) bool {
	allowed := []string{"l:", "u:"}
	for word := range strings.FieldsSeq(flags) {
		i := slices.IndexFunc(allowed, func(prefix string) bool { return strings.HasPrefix(word, prefix) })
		if i < 0 {
			p.bad(a.line, a.option, "%q is not understood here. After the method come weight, \"REQUEST\", \"RECEIVE\", l:N and u:N, in this order.", short(word))
			return false
		}
		number := word[len(allowed[i]):]
		n, err := strconv.ParseUint(number, 10, 31)
		if err != nil {
			p.bad(a.line, a.option, "%q is no number of connections. Write a whole number.", short(number))
			return false
		}
		if allowed[i] == "l:" {
			r.lower = int(n)
		} else {
			r.upper = int(n)
		}
		allowed = allowed[i+1:]
	}
	if r.lower > r.upper {
		p.bad(a.line, a.option, "the kernel refuses a lower threshold (%d) above the upper one (%d), so that this server was never in its table. Write l:N u:M with N up to M.", r.lower, r.upper)
		return false
	}
	return true
}
