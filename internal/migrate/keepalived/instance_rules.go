package keepalived

import (
	"net/netip"
	"slices"
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
	device := ""
	if c.holder != nil && c.holder.last("interface") != nil {
		device = c.holder.last("interface").arg(1)
	}
	var elements []migrate.Item
	for _, line := range s.body {
		text, lost := c.virtualAddress(line, s.words[0], device)
		item := migrate.Item{Text: text, Origin: c.from(line)}
		if lost != "" {
			item.After = join("keepalived: "+lost, item.After)
		}
		item.Before, item.Keyword = line.before, s.words[0]
		elements = append(elements, item)
	}
	out.Set(s.words[0], migrate.List(elements...), c.from(s))
	out.Comment(s.end...)
}

// virtualAddress writes one of them. Words that ldirector does not have are
// left out: the address matters more.
func (c *converter) virtualAddress(line *statement, keyword, device string) (text, missing string) {
	words := line.words
	if words[0] == "dev" { // "dev IF ADDR" is as good
		words = slices.Concat(words[min(2, len(words)):], words[:min(2, len(words))])
	}
	if len(words) == 0 {
		return "", ""
	}
	kept, lost := []string{words[0]}, []string{}
	for i := 1; i < len(words); i++ {
		word, value := words[i], ""
		if i+1 < len(words) {
			value = words[i+1]
		}
		switch word {
		case "dev", "scope":
			if word == "dev" {
				device = value
			}
			kept = append(kept, word, value)
			i++
		case "brd", "broadcast":
			i++
			if narrow(words[0]) {
				c.report.Add(migrate.Assumption, line.at, keyword, "brd: %s has no broadcast address. It is left out.", words[0])
				continue
			}
			kept = append(kept, "brd", value)
		case "label":
			i++
			if own := device; own != "" && value != own && !strings.HasPrefix(value, own+":") || len(value) > 15 {
				c.report.Add(migrate.Assumption, line.at, keyword, "label: %q does not begin with the interface's name and a colon, or is too long. It is left out.", value)
				continue
			}
			kept = append(kept, "label", value)
		case "peer", "preferred_lft", "track_group":
			lost = append(lost, word+" "+value)
			i++
		default:
			lost = append(lost, word)
		}
	}
	if len(lost) > 0 {
		c.report.Add(migrate.Unsupported, line.at, keyword, "this version of ldirector does not have %s behind %s; it is left out.", strings.Join(lost, ", "), words[0])
	}
	return strings.Join(kept, " "), strings.Join(lost, " ")
}

// narrow tells whether a network has no broadcast address.
func narrow(text string) bool {
	prefix, err := netip.ParsePrefix(text)
	return err != nil || prefix.Bits() > 30 || prefix.Addr().Is6()
}
