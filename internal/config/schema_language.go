package config

import (
	"slices"
	"time"
)

// language returns the root of the configuration language: the blocks that
// stand at the top of a file.
func language() *block {
	probes := probeBlocks()
	root := &block{blocks: slices.Concat(
		[]*block{
			variableBlock(),
			{name: "locals"},
			globalBlock(),
			ipvsBlock(),
			vrrpInstanceBlock(),
			vrrpSyncGroupBlock(),
			vrrpScriptBlock(),
			vrrpTrackProcessBlock(),
			garpGroupBlock(),
		},
		staticBlocks(),
		[]*block{
			sslBlock(),
			trackFileBlock(),
			checkBlock(probes),
			trackCheckBlock(probes),
			poolBlock(probes),
			virtualServerBlock(probes),
		},
	), lacks: map[string]string{
		"bfd_instance":             "There is no BFD yet. Write a track_check with a ping_check of the neighbour in place of it.",
		"linkbeat_interfaces":      "It is not needed: the kernel tells of links at once. Remove it.",
		"interface_up_down_delays": "There is no delay for links yet: a link that is down counts at once. Remove it.",
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
			{name: "vrrp_startup_delay", kind: kindDuration, def: `"0s"`, low: 0, high: int64(24 * time.Hour), keeps: []string{"vrrp_startup_delay"}},
			{name: "vrrp_delay_after_boot", kind: kindDuration, def: `"0s"`, low: 0, high: int64(24 * time.Hour), keeps: []string{"vrrp_delay_after_boot"}},
			{name: "guardian", kind: kindBool, def: "true"},
			{name: "notify_fifo", kind: kindText, form: `"/PATH"`, keeps: []string{"notify_fifo"}},
			{name: "notify_fifo_script", kind: kindCommand, keeps: []string{"notify_fifo_script"}},
			{name: "vrrp_notify_fifo", kind: kindText, form: `"/PATH"`, keeps: []string{"vrrp_notify_fifo"}},
			{name: "vrrp_notify_fifo_script", kind: kindCommand, keeps: []string{"vrrp_notify_fifo_script"}},
			{name: "lvs_notify_fifo", kind: kindText, form: `"/PATH"`, keeps: []string{"lvs_notify_fifo"}},
			{name: "lvs_notify_fifo_script", kind: kindCommand, keeps: []string{"lvs_notify_fifo_script"}},
		},
		blocks: []*block{
			{name: "log", once: true, args: []argument{
				{name: "level", kind: kindWord, def: `"info"`, words: []string{"debug", "info", "warn", "error"}},
				{name: "format", kind: kindWord, def: `"text"`, words: []string{"text", "json"}},
			}},
			{name: "api", once: true, args: []argument{
				{name: "listen", kind: kindText, def: `"unix:/run/ldirector/ldirector.sock"`, form: `"unix:/PATH"`},
				{name: "group", kind: kindText, inherits: "the daemon's own group"},
			}},
			{name: "http", once: true, args: []argument{
				{name: "listen", kind: kindText, def: `"127.0.0.1:9650"`, form: `"IP:PORT"`},
				{name: "certificate", kind: kindText, form: `"/PATH"`},
				{name: "key", kind: kindText, inherits: "in certificate", form: `"/PATH"`},
				{name: "token", kind: kindText},
			}},
			{name: "metrics", once: true, args: []argument{
				{name: "real_servers", kind: kindBool, def: "true"},
				{name: "max_series", kind: kindNumber, def: "250000", low: 0, high: 100_000_000},
			}},
			emailBlock(),
			webhookBlock(),
			alertCommandBlock(),
		}}
}
