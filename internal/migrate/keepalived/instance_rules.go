package keepalived

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ldirector/ldirector/internal/migrate"
)

// ownerPriority is the priority of the owner of the addresses.
const ownerPriority = 255

// An instance is a vrrp_instance being translated: what depends on several of
// its keywords is decided first.
type instance struct {
	c   *converter
	s   *statement
	out *migrate.Block

	state    string
	priority int64
	version  int64
	family   int // 4 or 6
}

// decide finds out state, priority, version and family.
func (i *instance) decide() {
	i.priority, i.state = 0, ""
	if p := i.s.last("priority"); p != nil {
		i.priority = 100
		if n, ok := i.c.number(p, 1, 1, ownerPriority); ok {
			i.priority = n
		}
	}
	for _, s := range i.s.all("state") {
		i.setState(s)
	}
	i.family = 4
	if l := i.s.last("virtual_ipaddress"); l != nil {
		for _, line := range l.body {
			if strings.Contains(line.words[0], ":") {
				i.family = 6
			}
		}
	}
	i.version = 2
	for _, d := range i.c.defaults {
		if d.name == "version" && d.plain == "3" {
			i.version = 3
		}
	}
	if v := i.s.last("version"); v != nil {
		if n, ok := i.c.number(v, 1, 2, 3); ok {
			i.version = n
		}
	}
}

// setState reads one state keyword.
func (i *instance) setState(s *statement) {
	switch word := s.arg(1); {
	case word == "MASTER":
		i.state = word
	case word == "BACKUP" && i.state == "MASTER":
		i.c.assume(s, "the state has been MASTER before. keepalived ignores the second word, and so does the import.")
	case word == "BACKUP":
		i.state = word
	default:
		i.c.assume(s, "keepalived does not know the state %q and takes BACKUP, and so does the import.", word)
		i.state = "BACKUP"
	}
}

// special writes keywords whose value depends on others; it tells whether s is
// one of them.
func (i *instance) special(s *statement) bool {
	switch s.row.name {
	case "state", "priority", "version", "advert_int", "nopreempt", "preempt_delay":
	default:
		return false
	}
	i.out.Lead(s.before...)
	from := i.c.from(s)
	switch s.row.name {
	case "state":
		i.writeState(s, from)
	case "priority":
		i.out.Set("priority", migrate.Number(i.priority), from)
	case "version":
		if i.family == 4 {
			i.out.Set("version", migrate.Number(i.version), from)
		}
	case "advert_int":
		i.advertInt(s, from)
	case "nopreempt":
		if i.mayPreempt(s) {
			i.out.Set("nopreempt", migrate.Bool(true), from)
		}
	case "preempt_delay":
		if i.mayPreempt(s) {
			if d, ok := i.c.seconds(s, 1, 0, 1000*time.Second); ok {
				i.out.Set("preempt_delay", migrate.Duration(d), from)
			}
		}
	}
	return true
}

func (i *instance) writeState(s *statement, from migrate.Origin) {
	if i.state == "BACKUP" && i.priority == ownerPriority {
		i.c.assume(s, "priority 255 is for the owner of the addresses, which starts as MASTER; so the import writes MASTER.")
		i.state = "MASTER"
	}
	i.out.Set("state", migrate.String(i.state), from)
}

// mayPreempt tells whether nopreempt and preempt_delay have an effect.
func (i *instance) mayPreempt(s *statement) bool {
	why := ""
	switch {
	case i.priority == ownerPriority || i.priority == 0 && i.state == "MASTER":
		why = "priority 255"
	case i.state == "MASTER":
		why = "state MASTER"
	default:
		return true
	}
	i.c.assume(s, "it does not work with %s. keepalived clears it, and so does the import.", why)
	i.c.quote(&i.out.Body, s, "keepalived: ")
	return false
}

// own writes what keepalived takes for granted.
func (i *instance) own() {
	if i.priority == 0 && i.state == "MASTER" {
		i.c.explain(i.s, "with state MASTER and without priority, keepalived takes 255.")
		i.out.Set("priority", migrate.Number(ownerPriority), i.c.implied(i.s))
	}
	if i.priority == 0 && i.state != "MASTER" {
		i.c.explain(i.s, "without priority, keepalived takes 100.")
		i.out.Set("priority", migrate.Number(100), i.c.implied(i.s))
	}
	if i.family == 6 {
		i.c.explain(i.s, "IPv6 addresses need VRRP version 3.")
		i.out.Set("version", migrate.Number(3), i.c.implied(i.s))
	}
}

// advertInt rounds as keepalived does: version 2 has whole seconds, version 3
// hundredths.
func (i *instance) advertInt(s *statement, from migrate.Origin) {
	step, longest := time.Second, 255*time.Second
	if i.version == 3 || i.family == 6 {
		step, longest = 10*time.Millisecond, 40950*time.Millisecond
	}
	d, ok := i.c.seconds(s, 1, 10*time.Millisecond, 255*time.Second)
	if !ok {
		return
	}
	rounded := min(max((d+step/2)/step*step, step), longest)
	if rounded != d {
		i.c.assume(s, "this version of VRRP cannot say %s. keepalived takes %s, and so does the import.", migrate.FormatDuration(d), migrate.FormatDuration(rounded))
	}
	i.out.Set("advert_int", migrate.Duration(rounded), from)
}

// authentication writes the block of that name, or leaves it out where
// keepalived does.
func authentication(c *converter, out *migrate.Body, s *statement) {
	kind, pass := s.last("auth_type"), s.last("auth_pass")
	switch {
	case pass == nil || len(pass.words) < 2 || pass.words[1] == "":
		c.drop(out, s, migrate.Assumption, "it has no password, so keepalived leaves it out, and so does the import.")
		return
	case c.version == 3:
		c.secret(out, s, migrate.Assumption, "VRRP version 3 has no authentication. keepalived leaves it out, and so does the import.")
		return
	case kind != nil && kind.arg(1) == "AH":
		c.secret(out, s, migrate.Unsupported, "ATTENTION: auth_type AH is not supported. A keepalived with AH and this instance do not hear each other: use PASS, or nothing, on all members.")
		return
	}
	b := out.Block("authentication", nil, c.from(s))
	b.Lead(pass.before...)
	if kind == nil {
		c.explain(s, "without auth_type keepalived takes none; the import writes PASS, as there is a password.")
		b.Set("auth_type", migrate.String("PASS"), c.implied(s))
	} else {
		b.Set("auth_type", migrate.String(kind.arg(1)), c.from(kind))
	}
	password := pass.words[1]
	if len(password) > 8 {
		c.assume(pass, "it has %d bytes. keepalived sends the first 8, and so does the import.", len(password))
		password = password[:8]
	}
	b.Set("auth_pass", migrate.String(password), c.from(pass))
	b.Comment(s.end...)
}

// secret leaves a block out without a copy of it.
func (c *converter) secret(out *migrate.Body, s *statement, severity migrate.Severity, text string) {
	c.report.Add(severity, s.at, s.words[0], "%s", text)
	out.Comment("keepalived: " + s.words[0] + " { … }")
}

// trackInterface writes lines "IF [weight N] [reverse]".
func trackInterface(c *converter, out *migrate.Body, s *statement) {
	out.Set("track_interface", c.list(s, func(words []string, blank string) string {
		own := c.holder != nil && c.holder.last("interface") != nil && c.holder.last("interface").arg(1) == words[0]
		priority := c.holder != nil && c.holder.last("priority") != nil && c.holder.last("priority").arg(1) == itoa(ownerPriority)
		if len(words) > 1 && (own || priority) {
			c.assume(s, "the weight of %s has no effect, as it is the instance's own interface or the priority is 255. It is left out.", words[0])
			return words[0]
		}
		return strings.Join(words, blank)
	}), c.from(s))
}

// virtualAddresses writes the lines of virtual_ipaddress and
// virtual_ipaddress_excluded.
func virtualAddresses(c *converter, out *migrate.Body, s *statement) {
	elements := c.addresses(s, c.addressDevice())
	if s.words[0] == "virtual_ipaddress" {
		elements = c.linkLocalFirst(s, elements)
	}
	out.Set(s.words[0], migrate.List(elements...), c.from(s))
	out.Comment(s.end...)
}

// addresses returns the lines of a list of addresses. device is the interface of
// those without dev.
func (c *converter) addresses(s *statement, device string) []migrate.Item {
	var elements []migrate.Item
	for _, line := range s.body {
		text, lost := c.address(line, s.words[0], device)
		item := migrate.Item{Text: text, Origin: c.from(line)}
		if lost != "" {
			item.After = join("keepalived: "+lost, item.After)
		}
		item.Before, item.Keyword = line.before, s.words[0]
		elements = append(elements, item)
	}
	return elements
}

// addressDevice returns the interface of virtual addresses without dev: that of
// the virtual MAC, or the instance's.
func (c *converter) addressDevice() string {
	if c.holder == nil {
		return ""
	}
	if vmac := c.holder.last("use_vmac"); vmac != nil {
		if name := vmac.arg(1); name != "" && !strings.Contains(name, ":") {
			return name
		}
		if id := c.holder.last("virtual_router_id"); id != nil {
			return "vrrp." + id.arg(1)
		}
	}
	if device := c.holder.last("interface"); device != nil {
		return device.arg(1)
	}
	return ""
}

// linkLocalFirst puts an IPv6 link-local address first, where the standard and
// ldirector want one.
func (c *converter) linkLocalFirst(s *statement, elements []migrate.Item) []migrate.Item {
	at := slices.IndexFunc(elements, func(i migrate.Item) bool { return lineAddr(i.Text).IsLinkLocalUnicast() })
	switch {
	case len(elements) == 0 || !lineAddr(elements[0].Text).Is6() || at == 0:
		return elements
	case at > 0:
		c.assume(s, "%s is moved to the first place, where RFC 9568 wants a link-local address. Do it on all members.", lineAddr(elements[at].Text))
		first := elements[at]
		return slices.Insert(slices.Delete(elements, at, at+1), 0, first)
	}
	id := int64(1)
	if vrid := c.holder.last("virtual_router_id"); vrid != nil {
		if n, ok := c.number(vrid, 1, 1, 255); ok {
			id = n
		}
	}
	// Only the standard's form of an advertisement is listened to.
	text := "fe80::" + strconv.FormatInt(id, 16) + "/64"
	c.report.Add(migrate.Unsupported, s.at, s.words[0], "ATTENTION: the first IPv6 address of a virtual router has to be a link-local one (RFC 9568), which keepalived does not ask for. The import adds %s: add it on all members, those with keepalived as well, or they do not hear each other.", text)
	return slices.Insert(elements, 0, migrate.Item{Text: text, Origin: migrate.Origin{At: s.at, Keyword: s.words[0]}})
}

// lineAddr returns the address that a line begins with.
func lineAddr(line string) netip.Addr {
	word, _, _ := strings.Cut(line, " ")
	host, _, _ := strings.Cut(word, "/")
	addr, _ := netip.ParseAddr(host)
	return addr
}

// address writes one address. Words that ldirector does not have, or that are
// not for such an address, are left out: the address matters more.
func (c *converter) address(line *statement, keyword, device string) (text, missing string) {
	words := line.words
	if words[0] == "dev" { // "dev IF ADDR" is as good
		words = slices.Concat(words[min(2, len(words)):], words[:min(2, len(words))])
	}
	if len(words) == 0 {
		return "", ""
	}
	kept, lost := []string{words[0]}, []string{}
	ipv6 := lineAddr(words[0]).Is6()
	for i := 1; i < len(words); i++ {
		word, value := words[i], ""
		if i+1 < len(words) {
			value = words[i+1]
		}
		switch word {
		case "broadcast":
			word = "brd"
		case "dev":
			device = value
		}
		switch why := c.useless(word, value, words[0], device, ipv6); {
		case why != "":
			c.report.Add(migrate.Assumption, line.at, keyword, "%s: %s. It is left out.", word, why)
			if hasValue(word) {
				i++
			}
		case word == "peer":
			i++
			kept[0], _, _ = strings.Cut(kept[0], "/") // the length is that of the peer
			kept = append(kept, word, value)
		case hasValue(word):
			i++
			kept = append(kept, word, value)
		case slices.Contains([]string{"home", "-nodad", "mngtmpaddr", "noprefixroute", "autojoin", "no_track"}, word):
			kept = append(kept, word)
		default:
			lost = append(lost, word)
		}
	}
	if len(lost) > 0 {
		c.report.Add(migrate.Unsupported, line.at, keyword, "ldirector does not have %s behind %s; it is left out.", strings.Join(lost, ", "), words[0])
	}
	return strings.Join(kept, " "), strings.Join(lost, " ")
}

// hasValue tells whether a word behind an address has a value.
func hasValue(word string) bool {
	return slices.Contains([]string{"brd", "dev", "scope", "label", "peer", "preferred_lft", "track_group"}, word)
}

// useless says why a word has no effect behind an address, "" if it has one.
func (c *converter) useless(word, value, address, device string, ipv6 bool) string {
	switch word {
	case "brd":
		if narrow(address) {
			return address + " has no broadcast address"
		}
	case "label":
		if device != "" && value != device && !strings.HasPrefix(value, device+":") || len(value) > 15 {
			return strconv.Quote(value) + " does not begin with the interface's name and a colon, or is too long"
		}
		if ipv6 {
			return "an IPv6 address has no label"
		}
	case "scope":
		if ipv6 {
			return "the kernel sets the scope of an IPv6 address"
		}
	case "home", "-nodad", "mngtmpaddr":
		if !ipv6 {
			return "it is for IPv6 addresses"
		}
	case "autojoin":
		if !lineAddr(address).IsMulticast() {
			return "it is for multicast addresses"
		}
	}
	return ""
}

// narrow tells whether a network has no broadcast address.
func narrow(text string) bool {
	prefix, err := netip.ParsePrefix(text)
	return err != nil || prefix.Bits() > 30 || prefix.Addr().Is6()
}
