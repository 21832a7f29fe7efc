package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/netif"
)

// Forms of the lines that ip-route(8) and ip-rule(8) know.
const (
	routeForm = `"[TYPE] NETWORK|default [via IP] [dev IF] [src IP] [table T] [tos N] [protocol P] [scope S] [metric N] [onlink] [METRICS] [nexthop …] [no_track]"`
	ruleForm  = `"[not] [from NETWORK] [to NETWORK] [fwmark N[/MASK]] [iif IF] [oif IF] … [preference N] table T|ACTION [no_track]"`
)

// decodeRoutes reads virtual_routes and virtual_rules.
func (i *instance) decodeRoutes() {
	i.out.Master.Routes = i.c.routes("virtual_routes", false)
	i.out.Master.Rules = i.c.rules("virtual_rules", false)
}

// routes returns the routes of an argument.
func (c *content) routes(name string, static bool) []netif.Route {
	var routes []netif.Route
	c.lines(name, "route", func(text string) error {
		r, err := parseRoute(text, static)
		routes = append(routes, r)
		return err
	})
	return routes
}

// rules returns the rules of an argument.
func (c *content) rules(name string, static bool) []netif.Rule {
	var rules []netif.Rule
	c.lines(name, "rule", func(text string) error {
		r, err := parseRule(text, static)
		rules = append(rules, r)
		return err
	})
	return rules
}

// lines reads the elements of an argument and reports what is wrong with them.
func (c *content) lines(name, what string, parse func(text string) error) {
	elements, _ := c.list(name)
	seen := make(map[string]bool, len(elements))
	for _, e := range elements {
		key := strings.Join(strings.Fields(e.text), " ")
		if err := parse(e.text); err != nil {
			c.badElement(name, e, "Invalid "+what, "%q: %s.", e.text, err)
		} else if seen[key] {
			c.badElement(name, e, "Duplicate "+what, "%q is there twice. Remove one of them.", e.text)
		}
		seen[key] = true
	}
}

// A routeParser reads a route.
type routeParser struct {
	*line
	static bool
	ipv6   bool // the word inet6 stands there
	r      netif.Route
	to     string // as written
}

// parseRoute reads a line of virtual_routes or static_routes: the words of
// ip-route(8). The error is a sentence for users.
func parseRoute(text string, static bool) (netif.Route, error) {
	p := routeParser{line: newLine(text), static: static, r: netif.Route{Type: "unicast", Scope: -1}}
	if len(p.rest) > 0 && slices.Contains(routeTypes(), p.rest[0]) {
		p.r.Type = p.next()
	}
	for p.more() {
		if err := p.word(p.next()); err != nil {
			return p.r, err
		}
	}
	return p.r, p.finish()
}

func routeTypes() []string {
	return []string{"unicast", "local", "blackhole", "unreachable", "prohibit", "throw"}
}

// word reads one word with its value.
func (p *routeParser) word(word string) (err error) {
	switch word {
	case "to":
		p.to, err = p.value("to")
	case "via", "gw":
		p.r.Gateway, err = p.gateway("via")
	case "dev", "oif":
		p.r.Device, err = p.device("dev")
	case "src":
		p.r.Source, err = p.host("src")
	case "table":
		p.r.Table, err = p.table()
	case "tos", "dsfield":
		p.r.TOS, err = p.number("tos", 0, 255)
	case "protocol":
		p.r.Protocol, err = p.protocol()
	case "scope":
		p.r.Scope, err = p.scope()
	case "metric", "priority", "preference":
		p.r.Metric, err = p.number("metric", 0, 1<<32-1)
	case "onlink":
		p.r.OnLink, err = true, p.once(word)
	case "nexthop":
		err = p.nextHop()
	case "inet":
		err = p.once(word)
	case "inet6":
		p.ipv6, err = true, p.once(word)
	case "no_track":
		p.r.NoTrack, err = true, p.once(word)
	case "track_group":
		p.r.TrackGroup, err = p.trackGroup(p.static)
	default:
		return p.metricWord(word)
	}
	return err
}

// metricWord reads a word about the behaviour of connections, or the
// destination.
func (p *routeParser) metricWord(word string) (err error) {
	r := &p.r
	numbers := map[string]*int{
		"mtu": &r.MTU, "advmss": &r.AdvMSS, "hoplimit": &r.HopLimit, "reordering": &r.Reordering, "window": &r.Window,
		"cwnd": &r.Cwnd, "ssthresh": &r.SSThresh, "initcwnd": &r.InitCwnd, "initrwnd": &r.InitRwnd,
	}
	times := map[string]*int{"rtt": &r.RTT, "rttvar": &r.RTTVar, "rto_min": &r.RTOMin}
	switch {
	case numbers[word] != nil:
		if err := p.lock(word); err != nil {
			return err
		}
		*numbers[word], err = p.number(word, 1, 1<<31-1)
	case times[word] != nil:
		if err := p.lock(word); err != nil {
			return err
		}
		*times[word], err = p.milliseconds(word)
	case word == "quickack":
		r.QuickACK, err = p.flag(word)
	case word == "congctl":
		if err := p.lock(word); err != nil {
			return err
		}
		r.Congestion, err = p.value(word)
	case slices.Contains([]string{"or", "realms", "as", "features", "expires", "pref", "ttl-propagate", "fastopen_no_cookie", "encap", "vrf", "add", "append", "prepend", "broadcast", "anycast", "multicast", "nat"}, word):
		return fmt.Errorf("%s is not supported in a route. Remove it, or add the route by a notify command", word)
	case p.to == "":
		p.to = word
	default:
		return fmt.Errorf("%q is not known here. Write a route as for ip route add, such as \"198.51.100.0/24 via 192.0.2.254 dev eth0\"", word)
	}
	return err
}

// lock reads the word that keeps the kernel from changing a metric.
func (p *routeParser) lock(word string) error {
	if len(p.rest) == 0 || p.rest[0] != "lock" {
		return nil
	}
	if word != "mtu" {
		return fmt.Errorf("lock is supported behind mtu only. Remove it behind %s", word)
	}
	p.next()
	p.r.MTULock = true
	return nil
}

// milliseconds reads a time: "20ms", "1s" or a number of milliseconds.
func (p *routeParser) milliseconds(word string) (int, error) {
	text, err := p.value(word)
	if err != nil {
		return 0, err
	}
	if digits, ok := strings.CutSuffix(text, "ms"); ok {
		return parseNumber(word, digits, 1, 1<<20)
	}
	if digits, ok := strings.CutSuffix(text, "s"); ok {
		n, err := parseNumber(word, digits, 1, 1<<10)
		return 1000 * n, err
	}
	return parseNumber(word, text, 1, 1<<20)
}

// flag reads 0 or 1.
func (p *routeParser) flag(word string) (bool, error) {
	n, err := p.number(word, 0, 1)
	return n == 1, err
}

// gateway reads "[inet6] IP".
func (p *routeParser) gateway(word string) (netip.Addr, error) {
	if len(p.rest) > 0 && (p.rest[0] == "inet6" || p.rest[0] == "inet") {
		p.next()
	}
	return p.host(word)
}

// nextHop reads "via IP dev IF weight N onlink", in any order.
func (p *routeParser) nextHop() error {
	hop := netif.NextHop{Weight: 1}
	inner := routeParser{line: &line{rest: p.rest, seen: make(map[string]bool)}}
	for inner.more() && inner.rest[0] != "nexthop" {
		var err error
		switch word := inner.next(); word {
		case "via":
			hop.Gateway, err = inner.gateway(word)
		case "dev":
			hop.Device, err = inner.device(word)
		case "weight":
			hop.Weight, err = inner.number(word, 1, 256)
		case "onlink":
			hop.OnLink, err = true, inner.once(word)
		default:
			return fmt.Errorf("%q is not known behind nexthop. There can be via, dev, weight and onlink; everything else stands before the first nexthop", word)
		}
		if err != nil {
			return err
		}
	}
	p.rest = inner.rest
	if !hop.Gateway.IsValid() && hop.Device == "" {
		return fmt.Errorf("nexthop needs via or dev")
	}
	p.r.NextHops = append(p.r.NextHops, hop)
	return nil
}

// finish reads the destination and checks what goes together.
func (p *routeParser) finish() error {
	r := &p.r
	family := p.r.Gateway
	if p.r.Source.IsValid() {
		family = p.r.Source
	}
	if len(r.NextHops) > 0 && !family.IsValid() {
		family = r.NextHops[0].Gateway
	}
	var err error
	switch p.to {
	case "":
		return fmt.Errorf("the destination is missing. Write a network, or default")
	case "default", "any", "all":
		r.Destination = netip.PrefixFrom(netip.IPv4Unspecified(), 0)
		if p.ipv6 || family.Is6() {
			r.Destination = netip.PrefixFrom(netip.IPv6Unspecified(), 0)
		}
	default:
		if r.Destination, err = parseSubnet(p.to); err != nil {
			return err
		}
	}
	forwards := r.Type == "unicast" || r.Type == "local"
	switch {
	case r.Source.IsValid() && r.Source.Is4() != r.Destination.Addr().Is4():
		return fmt.Errorf("src is %s, which is of another family than the destination", r.Source)
	case r.Destination.Addr().Is6() && r.Gateway.Is4():
		return fmt.Errorf("via is %s, and an IPv6 network cannot be reached by IPv4", r.Gateway)
	case len(r.NextHops) > 0 && (r.Gateway.IsValid() || r.Device != ""):
		return fmt.Errorf("nexthop takes the place of via and dev. Write them behind nexthop")
	case forwards && len(r.NextHops) == 0 && !r.Gateway.IsValid() && r.Device == "":
		return fmt.Errorf("the route leads nowhere. Add via, dev or nexthop, or begin with blackhole")
	case !forwards && (r.Gateway.IsValid() || r.Device != "" || len(r.NextHops) > 0):
		return fmt.Errorf("a %s route goes nowhere. Remove via, dev and nexthop", r.Type)
	}
	return nil
}

// parseSubnet reads "IP[/LEN]" with nothing behind the length.
func parseSubnet(text string) (netip.Prefix, error) {
	prefix, err := parsePrefix(text)
	if err == nil && prefix.Masked() != prefix {
		err = fmt.Errorf("%s has bits set behind its length. Write %s", prefix, prefix.Masked())
	}
	return prefix, err
}

// host reads an address.
func (l *line) host(word string) (netip.Addr, error) {
	text, err := l.value(word)
	if err != nil {
		return netip.Addr{}, err
	}
	addr, err := parseAddr(text)
	if err == nil {
		err = checkHost(addr)
	}
	return addr, err
}

// device reads the name of an interface.
func (l *line) device(word string) (string, error) {
	name, err := l.value(word)
	if err == nil {
		err = checkInterface(name)
	}
	return name, err
}

// table reads a routing table by its number, or the name of one that every
// kernel has.
func (l *line) table() (int, error) {
	text, err := l.value("table")
	if err != nil {
		return 0, err
	}
	switch text {
	case "main":
		return unix.RT_TABLE_MAIN, nil
	case "default":
		return unix.RT_TABLE_DEFAULT, nil
	case "local":
		return unix.RT_TABLE_LOCAL, nil
	}
	n, err := parseNumber("table", text, 1, 1<<32-1)
	if err != nil {
		return 0, fmt.Errorf("%w, or main, default or local; other names are known to ip(8) alone", err)
	}
	return n, nil
}

// protocol reads who is said to have made a route or rule.
func (l *line) protocol() (int, error) {
	text, err := l.value("protocol")
	if err != nil {
		return 0, err
	}
	// rtnetlink(7) and etc/iproute2/rt_protos.
	names := map[string]int{"redirect": 1, "kernel": 2, "boot": 3, "static": 4, "gated": 8, "ra": 9, "mrt": 10, "zebra": 11, "bird": 12, "dnrouted": 13, "xorp": 14, "ntk": 15, "dhcp": 16, "keepalived": 18, "babel": 42, "bgp": 186, "isis": 187, "ospf": 188, "rip": 189, "eigrp": 192}
	if n, ok := names[text]; ok {
		return n, nil
	}
	return parseNumber("protocol", text, 1, 255)
}

// scope reads the scope of a route.
func (l *line) scope() (int, error) {
	text, err := l.value("scope")
	if err != nil {
		return 0, err
	}
	if text == "nowhere" {
		return unix.RT_SCOPE_NOWHERE, nil
	}
	return parseScope(text)
}

// trackGroup reads the name of a track_group.
func (l *line) trackGroup(static bool) (string, error) {
	if !static {
		return "", fmt.Errorf("track_group is for what is static: the loss of what is virtual is its own instance's. Remove it")
	}
	return l.value("track_group")
}

// numbers reads "A" or "A-B".
func (l *line) numbers(word string, low, high int64) (first, last int, err error) {
	text, err := l.value(word)
	if err != nil {
		return 0, 0, err
	}
	from, to, isRange := strings.Cut(text, "-")
	if first, err = parseNumber(word, from, low, high); err != nil {
		return 0, 0, err
	}
	last = first
	if isRange {
		if last, err = parseNumber(word, to, low, high); err != nil {
			return 0, 0, err
		}
	}
	if last < first {
		return 0, 0, fmt.Errorf("%s: %s is less than %s. Write the lower one first", word, strconv.Itoa(last), strconv.Itoa(first))
	}
	return first, last, nil
}
