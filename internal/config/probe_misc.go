package config

import (
	"fmt"
	"regexp"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck/misc"
)

func miscCheckBlock() *block {
	return &block{name: "misc_check", keeps: []string{"MISC_CHECK"},
		args: []argument{
			{name: "misc_path", kind: kindCommand, required: true, example: `["/etc/ldirector/check.sh", "-q"]`, keeps: []string{"misc_path"}},
			{name: "misc_timeout", kind: kindDuration, inherits: "delay_loop", low: int64(time.Millisecond), high: int64(24 * time.Hour), keeps: []string{"misc_timeout"}},
			{name: "misc_dynamic", kind: kindBool, def: "false", keeps: []string{"misc_dynamic"}},
			{name: "nagios", kind: kindBool, def: "false"},
			{name: "user", kind: kindFields, inherits: "script_user", form: `"USER [GROUP]"`, keeps: []string{"user"}},
		},
		groups: []group{timingGroup()},
		probe:  &probeKind{at: aboutIt, retry: new(0), ownTimeout: true, decode: decodeMiscCheck},
	}
}

func decodeMiscCheck(c *content, p *probe) {
	cfg := misc.Config{Command: c.command("misc_path"), User: c.l.config.Global.ScriptUser}
	cfg.Dynamic, _ = c.boolean("misc_dynamic")
	cfg.Nagios, _ = c.boolean("nagios")
	if cfg.Dynamic && cfg.Nagios {
		c.contradict("nagios", "misc_dynamic", "They give the exit code two meanings. Remove one of them.")
	}
	if user, group, ok := c.user("user"); ok {
		cfg.User, cfg.Group = user, group
	}
	if timeout, ok := c.duration("misc_timeout"); ok {
		p.timing.timeout = &timeout
	}
	p.ask = func(where probePlace) (*question, error) {
		cfg := cfg
		if where.service != nil {
			cfg.Env = where.service.environment()
		}
		return intern(c.l.interner, p.spec.name, cfg, misc.New)
	}
}

// user returns the value of an argument that names a user, and perhaps a group.
func (c *content) user(name string) (user, group string, ok bool) {
	if !c.given(name) {
		return "", "", false
	}
	words, ok := c.list(name)
	valid := regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}\$?$`)
	for _, word := range words {
		ok = ok && valid.MatchString(word.text)
	}
	switch {
	case !ok || len(words) == 0 || len(words) > 2:
		c.bad(name, "Invalid user name", "%s needs the name of a user, and a group behind it if that is another one than the user's. Write for example %s = \"nobody\".", name, name)
		return "", "", false
	case len(words) == 2:
		group = words[1].text
	}
	return words[0].text, group, true
}

// environment says for scripts which service they are about: its first address
// and port, or its mark.
func (s *service) environment() []string {
	if s.keys.mark != 0 {
		return []string{fmt.Sprintf("FWMARK=%d", s.keys.mark)}
	}
	for key := range s.keys.all {
		return []string{"VIP=" + key.Addr.String(), fmt.Sprintf("VPORT=%d", key.Port), "PROTOCOL=" + protocolName(key.Protocol)}
	}
	return nil
}

func protocolName(p ipvs.Protocol) string {
	switch p {
	case ipvs.UDP:
		return "UDP"
	case ipvs.SCTP:
		return "SCTP"
	case ipvs.TCP:
	}
	return "TCP"
}
