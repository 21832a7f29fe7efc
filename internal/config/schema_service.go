package config

import (
	"math"
	"slices"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
)

// shortForm is the form of an element of real_servers.
const shortForm = `"IP[:PORT] [weight N] [uthreshold N] [lthreshold N]"`

func virtualServerBlock(probes []*block) *block {
	return &block{name: "virtual_server", label: "name", keeps: []string{"virtual_server"},
		args: slices.Concat(
			addressArguments(),
			schedulerArguments(),
			[]argument{
				{name: "lb_kind", kind: kindWord, required: true, example: `"DR"`, words: []string{"NAT", "DR", "TUN"}, keeps: []string{"lb_kind", "lvs_method"}},
			},
			tunnelArguments(""),
			persistenceArguments(),
			quorumArguments(),
			[]argument{
				{name: "pool", kind: kindText, form: "a pool's name"},
				{name: "real_servers", kind: kindList, def: "[]", form: shortForm, keeps: []string{"real_server"}},
			},
			serverArguments(serverDefaults()),
			checkArguments(),
			timingArguments(timingDefaults()),
		),
		blocks: append([]*block{
			{name: "match", once: true, args: []argument{
				{name: "addresses", kind: kindList, required: true, example: `["192.0.2.0/24"]`, form: `"IP", "IP-IP", "IP-N" or "IP/LEN"`, keeps: []string{"virtual_server_group"}},
				{name: "ports", kind: kindList, inherits: "all", form: `80, "8000-8010"`},
				{name: "protocols", kind: kindWords, def: `["TCP"]`, words: protocols()},
			}},
			{name: "sorry_server", label: "address", once: true, keeps: []string{"sorry_server"},
				args: append(
					[]argument{{name: "lvs_method", kind: kindWord, inherits: "lb_kind", words: []string{"NAT", "DR", "TUN"}, keeps: []string{"sorry_server_lvs_method"}}},
					tunnelArguments("virtual_server's")...)},
			realServerBlock(probes),
		}, probes...)}
}

func poolBlock(probes []*block) *block {
	return &block{name: "pool", label: "name",
		args: slices.Concat(
			[]argument{{name: "real_servers", kind: kindList, def: "[]", form: shortForm, keeps: []string{"real_server"}}},
			serverArguments(inheritedServer("virtual_server's")),
			checkArguments(),
			timingArguments(timingDefaults()),
		),
		blocks: append([]*block{realServerBlock(probes)}, probes...),
	}
}

func realServerBlock(probes []*block) *block {
	return &block{name: "real_server", label: "address", keeps: []string{"real_server"},
		args: slices.Concat(
			serverArguments(inheritedServer("pool's, then virtual_server's")),
			[]argument{{name: "lvs_method", kind: kindWord, inherits: "lb_kind", words: []string{"NAT", "DR", "TUN"}, keeps: []string{"lvs_method", "lb_kind"}}},
			tunnelArguments("virtual_server's"),
			[]argument{
				{name: "notify_up", kind: kindCommand, keeps: []string{"notify_up"}},
				{name: "notify_down", kind: kindCommand, keeps: []string{"notify_down"}},
				smtpAlertArgument("email's smtp_alert_checker"),
			},
			checkArguments(),
			timingArguments(inherited("pool's or virtual_server's")),
		),
		blocks: probes,
	}
}

func protocols() []string { return []string{"TCP", "UDP", "SCTP"} }

// addressArguments say which packets a virtual server is for.
func addressArguments() []argument {
	return []argument{
		{name: "address", kind: kindText, form: `"IP:PORT" or "[IPv6]:PORT"`, keeps: []string{"virtual_server"}},
		{name: "addresses", kind: kindList, form: `"IP[:PORT]", "IP-IP[:PORT]", "IP-N[:PORT]" or "IP/LEN[:PORT]"`, keeps: []string{"virtual_server_group"}},
		{name: "ports", kind: kindList, form: `80, "8000-8010"`, keeps: []string{"virtual_server_group"}},
		{name: "protocol", kind: kindWord, def: `"TCP"`, words: protocols(), keeps: []string{"protocol"}},
		{name: "protocols", kind: kindWords, inherits: "protocol", words: protocols(), keeps: []string{"protocol"}},
		{name: "fwmark", kind: kindNumber, low: 1, high: math.MaxUint32, keeps: []string{"virtual_server fwmark"}},
		{name: "ip_family", kind: kindWord, inherits: "from the real servers, else inet", words: []string{"inet", "inet6"}, keeps: []string{"ip_family"}},
	}
}

// schedulerArguments say how connections are spread.
func schedulerArguments() []argument {
	return []argument{
		{name: "lb_algo", kind: kindWord, required: true, example: `"wrr"`, words: ipvs.Schedulers(), keeps: []string{"lb_algo", "lvs_sched"}},
		{name: "sh_port", kind: kindBool, def: "false", keeps: []string{"sh-port"}},
		{name: "sh_fallback", kind: kindBool, def: "false", keeps: []string{"sh-fallback"}},
		{name: "mh_port", kind: kindBool, def: "false", keeps: []string{"mh-port"}},
		{name: "mh_fallback", kind: kindBool, inherits: "true with mh", keeps: []string{"mh-fallback"}},
		{name: "flag_1", kind: kindBool, def: "false", keeps: []string{"flag-1"}},
		{name: "flag_2", kind: kindBool, def: "false", keeps: []string{"flag-2"}},
		{name: "flag_3", kind: kindBool, def: "false", keeps: []string{"flag-3"}},
		{name: "ops", kind: kindBool, def: "false", keeps: []string{"ops"}},
	}
}

// tunnelArguments say how packets are wrapped on their way to a real server.
func tunnelArguments(from string) []argument {
	args := []argument{
		{name: "tun_type", kind: kindWord, words: []string{"ipip", "gue", "gre"}, keeps: []string{"lb_kind TUN type"}},
		{name: "tun_port", kind: kindNumber, low: 1, high: math.MaxUint16, keeps: []string{"lb_kind TUN port"}},
		{name: "tun_csum", kind: kindWord, words: []string{"nocsum", "csum", "remcsum"}, keeps: []string{"nocsum", "csum", "remcsum"}},
	}
	if from == "" {
		args[0].def, args[2].def = `"ipip"`, `"nocsum"`
		return args
	}
	for i := range args {
		args[i].inherits = from
	}
	return args
}

// persistenceArguments say which clients stay with their real server.
func persistenceArguments() []argument {
	return []argument{
		{name: "persistence_timeout", kind: kindDuration, inherits: "0s, 6m with persistence_granularity", low: 0, high: int64(31 * 24 * time.Hour), keeps: []string{"persistence_timeout"}},
		{name: "persistence_granularity", kind: kindText, inherits: "single addresses", form: `"255.255.255.0", "24" or "64"`, keeps: []string{"persistence_granularity"}},
		{name: "persistence_engine", kind: kindWord, words: []string{"sip"}, keeps: []string{"persistence_engine"}},
	}
}

// quorumArguments say when a virtual server is in service, and who hears of it.
func quorumArguments() []argument {
	return []argument{
		{name: "quorum", kind: kindNumber, def: "1", low: 1, high: math.MaxInt32, keeps: []string{"quorum"}},
		{name: "hysteresis", kind: kindNumber, def: "0", low: 0, high: math.MaxInt32, keeps: []string{"hysteresis"}},
		{name: "quorum_up", kind: kindCommand, keeps: []string{"quorum_up"}},
		{name: "quorum_down", kind: kindCommand, keeps: []string{"quorum_down"}},
		smtpAlertArgument("email's smtp_alert_checker"),
		{name: "omega", kind: kindBool, def: "false", keeps: []string{"omega"}},
		{name: "ha_suspend", kind: kindBool, def: "false", keeps: []string{"ha_suspend"}},
		{name: "sorry_server_inhibit", kind: kindBool, def: "false", keeps: []string{"sorry_server_inhibit"}},
	}
}

// A fallback is where an argument's value comes from if it is not given.
type fallback struct{ def, inherits string }

// serverDefaults are what a real server is like if nobody says anything.
func serverDefaults() map[string]fallback {
	return map[string]fallback{
		"weight":             {def: "1"},
		"uthreshold":         {def: "0"},
		"lthreshold":         {def: "0"},
		"inhibit_on_failure": {def: "false"},
		"slow_start":         {def: `"0s"`},
		"check_mode":         {def: `"all"`},
		"alpha":              {def: "true"},
		"virtualhost":        {inherits: "the probe's target"},
	}
}

// inheritedServer is the same inside a block that says it.
func inheritedServer(from string) map[string]fallback {
	defaults := serverDefaults()
	for name := range defaults {
		defaults[name] = fallback{inherits: from}
	}
	return defaults
}

// serverArguments returns the arguments that a virtual server, a pool and a
// real server have in common.
func serverArguments(defaults map[string]fallback) []argument {
	return withDefaults(defaults, []argument{
		{name: "weight", kind: kindNumber, low: 0, high: math.MaxInt32, keeps: []string{"weight"}},
		{name: "uthreshold", kind: kindNumber, low: 0, high: math.MaxUint32, keeps: []string{"uthreshold"}},
		{name: "lthreshold", kind: kindNumber, low: 0, high: math.MaxUint32, keeps: []string{"lthreshold"}},
		{name: "inhibit_on_failure", kind: kindBool, keeps: []string{"inhibit_on_failure"}},
		{name: "slow_start", kind: kindDuration, low: 0, high: int64(24 * time.Hour)},
		{name: "check_mode", kind: kindWord, words: []string{"all", "any"}},
		{name: "alpha", kind: kindBool, keeps: []string{"alpha"}},
		{name: "virtualhost", kind: kindText, keeps: []string{"virtualhost"}},
	})
}

// timingDefaults are keepalived's.
func timingDefaults() map[string]fallback {
	return map[string]fallback{
		"delay_loop":         {def: `"60s"`},
		"connect_timeout":    {def: `"5s"`},
		"retry":              {def: "1"},
		"delay_before_retry": {def: `"1s"`},
		"warmup":             {inherits: "delay_loop"},
	}
}

// inherited are the timing defaults of a block inside one that says them.
func inherited(from string) map[string]fallback {
	return map[string]fallback{
		"delay_loop":         {inherits: from},
		"connect_timeout":    {inherits: from},
		"retry":              {inherits: from},
		"delay_before_retry": {inherits: from},
		"warmup":             {inherits: from + ", then delay_loop"},
	}
}

// timingArguments returns the arguments that a virtual server, a pool, a real
// server and a probe have in common.
func timingArguments(defaults map[string]fallback) []argument {
	return withDefaults(defaults, []argument{
		{name: "delay_loop", kind: kindDuration, low: int64(10 * time.Millisecond), high: int64(24 * time.Hour), keeps: []string{"delay_loop"}},
		{name: "connect_timeout", kind: kindDuration, low: int64(time.Millisecond), high: int64(time.Hour), keeps: []string{"connect_timeout"}},
		{name: "retry", kind: kindNumber, low: 0, high: 1000, keeps: []string{"retry", "nb_get_retry"}},
		{name: "delay_before_retry", kind: kindDuration, low: 0, high: int64(24 * time.Hour), keeps: []string{"delay_before_retry"}},
		{name: "warmup", kind: kindDuration, low: 0, high: int64(24 * time.Hour), keeps: []string{"warmup"}},
	})
}

func withDefaults(defaults map[string]fallback, args []argument) []argument {
	for i := range args {
		args[i].def = defaults[args[i].name].def
		args[i].inherits = defaults[args[i].name].inherits
	}
	return args
}
