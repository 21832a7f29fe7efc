package doctor

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// ParseNft reads what "nft -j list ruleset" prints (libnftables-json(5)).
// Expressions that are not understood become a Match without a field.
func ParseNft(text []byte) ([]Chain, error) {
	var ruleset struct {
		Nftables []struct {
			Chain *struct {
				Family, Table, Name, Hook, Policy string
				Prio                              int
			}
			Rule *struct {
				Family, Table, Chain string
				Expr                 []map[string]json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(text, &ruleset); err != nil {
		return nil, fmt.Errorf("read nft's output: %w", err)
	}
	var chains []Chain
	for _, o := range ruleset.Nftables {
		switch {
		case o.Chain != nil:
			chains = append(chains, Chain{
				Program: "nft", Family: o.Chain.Family, Table: o.Chain.Table, Name: o.Chain.Name,
				Hook: o.Chain.Hook, Priority: o.Chain.Prio, Drops: o.Chain.Policy == "drop",
			})
		case o.Rule != nil:
			for i := range chains {
				if c := &chains[i]; c.Family == o.Rule.Family && c.Table == o.Rule.Table && c.Name == o.Rule.Chain {
					c.Rules = append(c.Rules, nftRules(o.Rule.Expr)...)
				}
			}
		}
	}
	return chains, nil
}

// nftRules returns what the expressions of a rule say: one rule, or one for each
// element of a verdict map.
func nftRules(exprs []map[string]json.RawMessage) []Rule {
	var r Rule
	var words []string
	var mapped []Rule
	for _, expr := range exprs {
		for kind, body := range expr {
			switch kind {
			case "match":
				m, text := nftMatch(body)
				r.Matches, words = append(r.Matches, m...), append(words, text)
			case "accept", "drop", "reject", "jump", "goto", "return":
				r.Verdict, r.Target = nftVerdict(kind, body)
				words = append(words, strings.TrimSpace(kind+" "+r.Target))
			case "vmap":
				mapped = nftMap(body)
				words = append(words, "vmap")
			case "masquerade", "snat":
				r.SourceNAT, words = true, append(words, kind)
			case "counter", "log", "comment", "notrack", "mangle", "meter", "set":
			default: // limit, xt, lookups
				r.Matches, words = append(r.Matches, Match{}), append(words, kind)
			}
		}
	}
	r.Text = strings.Join(words, " ")
	if mapped == nil {
		return []Rule{r}
	}
	for i := range mapped {
		mapped[i].Text = r.Text
		mapped[i].Matches = append(mapped[i].Matches, r.Matches...)
	}
	return mapped
}

func nftVerdict(kind string, body json.RawMessage) (v Verdict, target string) {
	var to struct{ Target string }
	_ = json.Unmarshal(body, &to) // null for those without
	switch kind {
	case "accept":
		return Accept, ""
	case "drop", "reject":
		return Drop, ""
	case "jump":
		return Jump, to.Target
	case "goto":
		return Goto, to.Target
	case "return":
		return Return, ""
	}
	return Continue, ""
}

// nftMatch reads a match. A field of a header of IP says the family, too.
func nftMatch(body json.RawMessage) ([]Match, string) {
	var m struct {
		Op          string
		Left, Right json.RawMessage
	}
	if json.Unmarshal(body, &m) != nil {
		return []Match{{}}, "match"
	}
	matches, text := nftField(m.Left)
	last := &matches[len(matches)-1]
	values, ok := nftValues(m.Right)
	if !ok || m.Op != "==" && m.Op != "!=" && m.Op != "in" {
		last.Field = ""
	}
	last.Values, last.Not = values, m.Op == "!="
	op := ""
	if last.Not {
		op = "!= "
	}
	return matches, text + " " + op + strings.Join(values, ",")
}

// nftField reads the left side of a match: the last one returned waits for its
// values.
func nftField(body json.RawMessage) (matches []Match, text string) {
	var left struct {
		Payload *struct{ Protocol, Field string }
		Meta    *struct{ Key string }
		CT      *struct{ Key string }
	}
	if json.Unmarshal(body, &left) != nil {
		return []Match{{}}, "match"
	}
	fields := map[string]Field{
		"meta iifname": InDevice, "meta iif": InDevice, "meta oifname": OutDevice, "meta oif": OutDevice,
		"meta l4proto": IPProtocol, "meta pkttype": PacketType, "ct state": State,
		"ip protocol": IPProtocol, "ip6 nexthdr": IPProtocol,
		"ip saddr": Source, "ip6 saddr": Source, "ip daddr": Destination, "ip6 daddr": Destination,
		"tcp dport": Port, "udp dport": Port, "sctp dport": Port, "th dport": Port,
		"tcp sport": SourcePort, "udp sport": SourcePort, "sctp sport": SourcePort, "th sport": SourcePort,
	}
	switch {
	case left.Payload != nil:
		text = left.Payload.Protocol + " " + left.Payload.Field
		switch p := left.Payload.Protocol; p {
		case "ip", "ip6":
			matches = append(matches, Match{Field: Family, Values: []string{p}})
		case "th":
		default: // a header that other packets do not have
			matches = append(matches, Match{Field: IPProtocol, Values: []string{p}})
		}
	case left.Meta != nil:
		text = "meta " + left.Meta.Key
	case left.CT != nil:
		text = "ct " + left.CT.Key
	default:
		text = "match"
	}
	return append(matches, Match{Field: fields[text]}), strings.TrimPrefix(text, "meta ")
}

// nftValues reads the right side of a match.
func nftValues(body json.RawMessage) (values []string, ok bool) {
	var v any
	if json.Unmarshal(body, &v) != nil {
		return nil, false
	}
	return nftValue(v)
}

func nftValue(v any) (values []string, ok bool) {
	switch v := v.(type) {
	case string:
		return []string{v}, true
	case float64:
		return []string{strconv.Itoa(int(v))}, true
	case []any:
		return nftList(v, ",")
	case map[string]any:
		if set, is := v["set"].([]any); is {
			return nftList(set, ",")
		}
		if r, is := v["range"].([]any); is {
			return nftList(r, "-")
		}
		if p, is := v["prefix"].(map[string]any); is {
			return nftList([]any{p["addr"], p["len"]}, "/")
		}
	}
	return nil, false
}

// nftList reads several values, or one that consists of several.
func nftList(all []any, join string) (values []string, ok bool) {
	for _, v := range all {
		more, ok := nftValue(v)
		if !ok {
			return nil, false
		}
		values = append(values, more...)
	}
	if join == "," {
		return values, true
	}
	return []string{strings.Join(values, join)}, true
}

// nftMap reads a verdict map.
func nftMap(body json.RawMessage) []Rule {
	unknown := []Rule{{Matches: []Match{{}}, Verdict: Accept}}
	var m struct {
		Key  json.RawMessage
		Data struct{ Set [][2]json.RawMessage }
	}
	if json.Unmarshal(body, &m) != nil || len(m.Data.Set) == 0 { // a named one
		return unknown
	}
	var rules []Rule
	for _, element := range m.Data.Set {
		matches, _ := nftField(m.Key)
		values, ok := nftValues(element[0])
		last := &matches[len(matches)-1]
		if last.Values = values; !ok {
			last.Field = ""
		}
		var verdict map[string]json.RawMessage
		if json.Unmarshal(element[1], &verdict) != nil {
			return unknown
		}
		for kind, body := range verdict {
			r := Rule{Matches: matches}
			r.Verdict, r.Target = nftVerdict(kind, body)
			rules = append(rules, r)
		}
	}
	return rules
}
