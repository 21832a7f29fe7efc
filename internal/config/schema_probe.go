package config

import (
	"math"
	"time"

	"github.com/ldirector/ldirector/healthcheck/mailbox"
)

// probeBlocks returns the blocks of all types of probes. Each of them may stand
// wherever one of them may.
func probeBlocks() []*block {
	return append(httpBlocks(),
		tcpCheckBlock(),
		pingCheckBlock(),
		udpCheckBlock(),
		smtpCheckBlock(),
		dnsCheckBlock(),
		miscCheckBlock(),
		mailboxBlock("imap_check", mailbox.IMAP),
		mailboxBlock("pop_check", mailbox.POP3),
		fileCheckBlock(),
		grpcCheckBlock(),
		redisCheckBlock(),
		mysqlCheckBlock(),
		ftpCheckBlock(),
		nntpCheckBlock(),
		sipCheckBlock(),
		pgsqlCheckBlock(),
		ldapCheckBlock(),
		radiusCheckBlock(),
	)
}

// checkBlock is a name for probes.
func checkBlock(probes []*block) *block {
	return &block{name: "check", label: "name", blocks: probes}
}

// checkArguments say which probes a block has besides those in it.
func checkArguments() []argument {
	return []argument{
		{name: "checks", kind: kindList, def: "[]", form: `"NAME"`},
	}
}

// networkGroup are the arguments of probes that go over the network.
func networkGroup() group {
	return group{"network words", []argument{
		{name: "connect_ip", kind: kindText, inherits: "the real server's", form: `"IP"`, keeps: []string{"connect_ip"}},
		{name: "bindto", kind: kindText, inherits: "the kernel's choice", form: `"IP"`, keeps: []string{"bindto"}},
		{name: "bind_if", kind: kindText, inherits: "the route's", form: `"IF"`, keeps: []string{"bind_if"}},
		{name: "fwmark", kind: kindNumber, def: "0", low: 0, high: math.MaxUint32, keeps: []string{"fwmark"}},
		{name: "connect_timeout", kind: kindDuration, inherits: probeInherits, low: int64(time.Millisecond), high: int64(time.Hour), keeps: []string{"connect_timeout"}},
	}}
}

// portGroup are those of probes that ask at a port.
func portGroup() group {
	return group{"port words", []argument{
		{name: "connect_port", kind: kindNumber, inherits: "the real server's", low: 1, high: math.MaxUint16, keeps: []string{"connect_port"}},
		{name: "via", kind: kindWord, words: []string{"vip", "tunnel"}},
		{name: "bind_port", kind: kindNumber, inherits: "the kernel's choice", low: 1, high: math.MaxUint16, keeps: []string{"bind_port"}},
	}}
}

const probeInherits = "real_server's, then pool's or virtual_server's"

// timingGroup are the arguments of all probes that are asked again and again.
func timingGroup() group {
	var args []argument
	for _, a := range timingArguments(inherited(probeInherits)) {
		if a.name != "connect_timeout" {
			args = append(args, a)
		}
	}
	return group{"timing words", append(args,
		argument{name: "rise", kind: kindNumber, def: "1", low: 1, high: 1000},
		argument{name: "alpha", kind: kindBool, inherits: probeInherits, keeps: []string{"alpha"}},
	)}
}

// portGroups are the groups of a probe that asks at a port.
func portGroups() []group { return []group{networkGroup(), portGroup(), timingGroup()} }
