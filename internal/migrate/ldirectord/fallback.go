package ldirectord

import "strings"

// fallback reads a fallback server: HOST[:PORT] [gate|masq|ipip]. It returns nil
// after an error. v is nil at the top.
func (p *parser) fallback(v *virtual, a argument, six bool) *fallback {
	if v != nil && !p.rightFamily(v, a, six) {
		return nil
	}
	words := strings.Fields(a.text)
	f := &fallback{line: a.line, method: methodGate}
	switch {
	case len(words) == 0:
		p.bad(a.line, a.option, "the address is missing. Write one, or remove the line.")
		return nil
	case len(words) > 2:
		p.bad(a.line, a.option, "%q is not understood; a comment cannot stand behind it. Write ADDRESS:PORT and, if you like, gate, masq or ipip.", short(a.text))
		return nil
	case len(words) == 2:
		f.method = words[1]
	}
	if !method(f.method) {
		p.bad(a.line, a.option, "%q is no forwarding method. Write gate, masq or ipip behind the address.", short(f.method))
		return nil
	}
	f.host, f.portName = cutPort(words[0])
	if !p.hostForm(f.host, six) {
		p.bad(a.line, a.option, "%q is no %s address. Write ADDRESS:PORT, with an IPv6 address in brackets.", short(words[0]), familyName(six))
		return nil
	}
	f.addr, _ = p.host(f.host, six, a.line, a.option)
	return f
}
