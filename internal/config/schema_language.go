package config

import (
	"math"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
)

// language returns the root of the configuration language: the blocks that
// stand at the top of a file.
func language() *block {
	root := &block{blocks: []*block{
		variableBlock(),
		{name: "locals"},
		globalBlock(),
		ipvsBlock(),
		vrrpInstanceBlock(),
		virtualServerBlock(),
	}}
	return root.complete()
}

func variableBlock() *block {
	return &block{name: "variable", label: "name", args: []argument{
		{name: "default", kind: kindAny},
		{name: "description", kind: kindText},
	}}
}

func globalBlock() *block {
	return &block{name: "global", once: true, keeps: []string{"global_defs"},
		args: []argument{
			{name: "router_id", kind: kindText, inherits: "the host's name", keeps: []string{"router_id"}},
			{name: "script_user", kind: kindText, inherits: "the daemon's own user", keeps: []string{"script_user"}},
		},
		blocks: []*block{
			{name: "log", once: true, args: []argument{
				{name: "level", kind: kindWord, def: `"info"`, words: []string{"debug", "info", "warn", "error"}},
				{name: "format", kind: kindWord, def: `"text"`, words: []string{"text", "json"}},
			}},
			{name: "api", once: true, args: []argument{
				{name: "listen", kind: kindText, def: `"unix:/run/ldirector/ldirector.sock"`, form: `"unix:/PATH"`},
			}},
		}}
}

func ipvsBlock() *block {
	return &block{name: "ipvs", once: true, args: []argument{
		{name: "on_exit", kind: kindWord, def: `"remove"`, words: []string{"remove", "keep"}},
		{name: "resync", kind: kindDuration, def: `"30s"`, low: int64(time.Second), high: int64(24 * time.Hour)},
	}}
}

func virtualServerBlock() *block {
	return &block{name: "virtual_server", label: "name", keeps: []string{"virtual_server"},
		args: append([]argument{
			{name: "address", kind: kindText, required: true, example: `"192.0.2.10:80"`, form: `"IP:PORT" or "[IPv6]:PORT"`, keeps: []string{"virtual_server"}},
			{name: "protocol", kind: kindWord, def: `"TCP"`, words: []string{"TCP", "UDP"}, keeps: []string{"protocol"}},
			{name: "lb_algo", kind: kindWord, required: true, example: `"wrr"`, words: ipvs.Schedulers(), keeps: []string{"lb_algo", "lvs_sched"}},
			{name: "lb_kind", kind: kindWord, required: true, example: `"DR"`, words: []string{"NAT", "DR", "TUN"}, keeps: []string{"lb_kind", "lvs_method"}},
			{name: "persistence_timeout", kind: kindDuration, def: `"0s"`, low: 0, high: int64(31 * 24 * time.Hour), keeps: []string{"persistence_timeout"}},
			{name: "quorum", kind: kindNumber, def: "1", low: 1, high: math.MaxInt32, keeps: []string{"quorum"}},
			{name: "alpha", kind: kindBool, def: "true", keeps: []string{"alpha"}},
			{name: "inhibit_on_failure", kind: kindBool, def: "false", keeps: []string{"inhibit_on_failure"}},
			{name: "real_servers", kind: kindList, def: "[]", form: `"IP[:PORT] [weight N]"`, keeps: []string{"real_server"}},
		}, timingArguments(serviceDefaults())...),
		blocks: []*block{
			{name: "sorry_server", label: "address", once: true, keeps: []string{"sorry_server"}},
			tcpCheckBlock("real_server's, then virtual_server's"),
			realServerBlock(),
		}}
}

func realServerBlock() *block {
	return &block{name: "real_server", label: "address", keeps: []string{"real_server"},
		args: append([]argument{
			{name: "weight", kind: kindNumber, def: "1", low: 0, high: math.MaxInt32, keeps: []string{"weight"}},
			{name: "inhibit_on_failure", kind: kindBool, inherits: "virtual_server's", keeps: []string{"inhibit_on_failure"}},
		}, timingArguments(inherited("virtual_server's"))...),
		blocks: []*block{tcpCheckBlock("real_server's, then virtual_server's")},
	}
}

func tcpCheckBlock(from string) *block {
	return &block{name: "tcp_check", keeps: []string{"TCP_CHECK"},
		args: append([]argument{
			{name: "connect_port", kind: kindNumber, inherits: "the real server's", low: 1, high: math.MaxUint16, keeps: []string{"connect_port"}},
			{name: "connect_ip", kind: kindText, inherits: "the real server's", form: `"IP"`, keeps: []string{"connect_ip"}},
			{name: "bindto", kind: kindText, inherits: "the kernel's choice", form: `"IP"`, keeps: []string{"bindto"}},
			{name: "rise", kind: kindNumber, def: "1", low: 1, high: 1000},
		}, timingArguments(inherited(from))...),
	}
}

// A fallback is where a timing argument's value comes from if it is not given.
type fallback struct{ def, inherits string }

// serviceDefaults are the timing defaults of a virtual server: keepalived's.
func serviceDefaults() map[string]fallback {
	return map[string]fallback{
		"delay_loop":         {def: `"60s"`},
		"connect_timeout":    {def: `"5s"`},
		"retry":              {def: "1"},
		"delay_before_retry": {def: `"1s"`},
		"warmup":             {inherits: "delay_loop"},
	}
}

// inherited are the timing defaults of a block inside a virtual server.
func inherited(from string) map[string]fallback {
	return map[string]fallback{
		"delay_loop":         {inherits: from},
		"connect_timeout":    {inherits: from},
		"retry":              {inherits: from},
		"delay_before_retry": {inherits: from},
		"warmup":             {inherits: from + ", then delay_loop"},
	}
}

// timingArguments returns the arguments that a virtual server, a real server
// and a probe have in common.
func timingArguments(defaults map[string]fallback) []argument {
	args := []argument{
		{name: "delay_loop", kind: kindDuration, low: int64(10 * time.Millisecond), high: int64(24 * time.Hour), keeps: []string{"delay_loop"}},
		{name: "connect_timeout", kind: kindDuration, low: int64(time.Millisecond), high: int64(time.Hour), keeps: []string{"connect_timeout"}},
		{name: "retry", kind: kindNumber, low: 0, high: 1000, keeps: []string{"retry", "nb_get_retry"}},
		{name: "delay_before_retry", kind: kindDuration, low: 0, high: int64(24 * time.Hour), keeps: []string{"delay_before_retry"}},
		{name: "warmup", kind: kindDuration, low: 0, high: int64(24 * time.Hour), keeps: []string{"warmup"}},
	}
	for i := range args {
		args[i].def = defaults[args[i].name].def
		args[i].inherits = defaults[args[i].name].inherits
	}
	return args
}
