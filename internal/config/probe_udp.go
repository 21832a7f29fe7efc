package config

import (
	"encoding/hex"
	"math"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/ldirector/ldirector/healthcheck"
)

func pingCheckBlock() *block {
	return &block{name: "ping_check", keeps: []string{"PING_CHECK"}, groups: []group{networkGroup(), timingGroup()},
		probe: &probeKind{at: atAddress, decode: func(_ *content, p *probe) { p.prober = healthcheck.Ping{} }},
	}
}

func udpCheckBlock() *block {
	return &block{name: "udp_check", keeps: []string{"UDP_CHECK"},
		args: []argument{
			{name: "payload", kind: kindText, inherits: "keepalived's, 32 bytes", form: "hexadecimal digits", keeps: []string{"payload"}},
			{name: "require_reply", kind: kindSwitch, def: "false", form: "hexadecimal digits, X for any", keeps: []string{"require_reply"}},
			{name: "min_reply_length", kind: kindNumber, def: "0", low: 0, high: math.MaxUint16, keeps: []string{"min_reply_length"}},
			{name: "max_reply_length", kind: kindNumber, inherits: "255 with digits in require_reply, else any", low: 1, high: math.MaxUint16, keeps: []string{"max_reply_length"}},
		},
		groups: portGroups(),
		probe:  &probeKind{at: atPort, decode: decodeUDPCheck},
	}
}

func decodeUDPCheck(c *content, p *probe) {
	u := healthcheck.UDP{Payload: c.octets("payload")}
	u.RequireReply, u.Reply = c.switched("require_reply")
	u.MinReply, _ = c.number("min_reply_length")
	u.MaxReply, _ = c.number("max_reply_length")
	for _, name := range []string{"min_reply_length", "max_reply_length"} {
		if c.given(name) && !u.RequireReply && !c.isWrong("require_reply") {
			c.bad(name, "Argument without effect", "Silence is good, too, so that no reply can be too short or too long. Add require_reply = true, or remove %s.", name)
		}
	}
	if err := u.Validate(); err != nil && !c.anyWrong() {
		c.l.errorAt(p.at, "Invalid probe", "udp_check: %s.", err)
		p.invalid = true
	}
	p.prober = u
}

// octets returns the value of an argument that is bytes in hexadecimal digits.
func (c *content) octets(name string) string {
	text, ok := c.text(name)
	if !ok {
		return ""
	}
	var octets []byte
	for field := range strings.FieldsSeq(text) {
		if n := len(field); n%2 != 0 { // a digit by itself, as keepalived takes it
			field = field[:n-1] + "0" + field[n-1:]
		}
		part, err := hex.DecodeString(field)
		if err != nil {
			c.bad(name, "Invalid bytes", "%s has to be pairs of hexadecimal digits. Write for example %s = \"0a ff\".", name, name)
			return ""
		}
		octets = append(octets, part...)
	}
	if len(octets) == 0 {
		c.bad(name, "Empty value", "%s has no bytes. Write pairs of hexadecimal digits, or leave it out.", name)
	}
	return string(octets)
}

// switched returns the value of a kindSwitch argument.
func (c *content) switched(name string) (on bool, text string) {
	value, ok := c.lookup(name)
	switch {
	case !ok:
		return false, ""
	case value.Type() == cty.Bool:
		return value.True(), ""
	case value.AsString() == "":
		c.bad(name, "Empty value", "%s is empty. Write true for anything.", name)
		return false, ""
	default:
		return true, value.AsString()
	}
}
