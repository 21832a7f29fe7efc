package doctor

import (
	"fmt"
	"strings"
)

// ParseIptables reads what iptables-save (family "ip") or ip6tables-save ("ip6")
// prints. Options that are not understood become a Match without a field.
func ParseIptables(text, family string) ([]Chain, error) {
	var chains []Chain
	table := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "*"):
			table = line[1:]
		case strings.HasPrefix(line, ":"):
			words := strings.Fields(line[1:])
			if len(words) < 2 {
				return nil, fmt.Errorf("read iptables-save's output: %q", line)
			}
			c := Chain{Program: "iptables", Family: family, Table: table, Name: words[0], Drops: words[1] == "DROP"}
			if words[1] != "-" { // only the kernel's own chains have a policy
				c.Hook, c.Priority = strings.ToLower(words[0]), tablePriority(table, words[0])
			}
			chains = append(chains, c)
		case strings.HasPrefix(line, "-A "):
			words := splitQuoted(line)
			for i := range chains {
				if c := &chains[i]; len(words) > 1 && c.Name == words[1] && c.Table == table {
					c.Rules = append(c.Rules, iptablesRule(words[2:]))
				}
			}
		}
	}
	return chains, nil
}

// splitQuoted splits a line at blanks that are not between quotation marks.
func splitQuoted(line string) []string {
	quoted, last := false, ' '
	return strings.FieldsFunc(line, func(c rune) bool {
		if c == '"' && last != '\\' {
			quoted = !quoted
		}
		last = c
		return c == ' ' && !quoted
	})
}

// tablePriority is when a chain of the kernel is passed
// (include/uapi/linux/netfilter_ipv4.h).
func tablePriority(table, chain string) int {
	switch table {
	case "raw":
		return -300
	case "mangle":
		return -150
	case "nat":
		if chain == "PREROUTING" || chain == "OUTPUT" {
			return -100
		}
		return 100
	case "security":
		return 50
	}
	return 0
}

// iptablesRule reads a rule without "-A CHAIN".
func iptablesRule(words []string) Rule {
	r := Rule{Text: strings.Join(words, " ")}
	for not := false; len(words) > 0; {
		option := words[0]
		words = words[1:]
		if option == "!" {
			not = true
			continue
		}
		value := ""
		if len(words) > 0 && !strings.HasPrefix(words[0], "-") && words[0] != "!" {
			value, words = words[0], words[1:]
		}
		switch option {
		case "-j":
			r.jump(value)
		case "-g":
			r.Verdict, r.Target = Goto, value
		case "-m", "--comment", "--reject-with", "--log-prefix", "--log-level", "--random-fully", "--to-source":
		default:
			r.Matches = append(r.Matches, iptablesMatch(option, value, not))
		}
		not = false
	}
	return r
}

// jump takes in the target of -j.
func (r *Rule) jump(target string) {
	switch target {
	case "ACCEPT":
		r.Verdict = Accept
	case "DROP", "REJECT":
		r.Verdict = Drop
	case "RETURN":
		r.Verdict = Return
	case "MASQUERADE", "SNAT":
		r.SourceNAT, r.Verdict = true, Accept
	case "LOG", "NFLOG", "MARK", "CONNMARK", "NOTRACK", "CT", "TCPMSS", "TOS", "DSCP", "TRACE", "CLASSIFY":
	case "DNAT", "REDIRECT":
		r.Verdict = Accept
	default:
		r.Verdict, r.Target = Jump, target
	}
}

// iptablesMatch reads a condition.
func iptablesMatch(option, value string, not bool) Match {
	fields := map[string]Field{
		"-i": InDevice, "-o": OutDevice, "-p": IPProtocol, "-s": Source, "-d": Destination,
		"--dport": Port, "--dports": Port, "--sport": SourcePort, "--sports": SourcePort,
		"--ctstate": State, "--state": State, "--pkt-type": PacketType,
		"--dst-range": Destination, "--src-range": Source,
	}
	m := Match{Field: fields[option], Not: not}
	if m.Field == State {
		value = strings.ToLower(value)
	}
	for v := range strings.SplitSeq(value, ",") {
		if m.Field == Port || m.Field == SourcePort {
			v = strings.ReplaceAll(v, ":", "-")
		}
		if m.Field == InDevice || m.Field == OutDevice {
			v = strings.ReplaceAll(v, "+", "*")
		}
		m.Values = append(m.Values, v)
	}
	return m
}
