package config

import (
	"math"
	"slices"
	"time"
)

func vrrpSyncGroupBlock() *block {
	return &block{name: "vrrp_sync_group", label: "name", keeps: []string{"vrrp_sync_group"},
		args: slices.Concat(
			[]argument{
				{name: "group", kind: kindList, required: true, example: `["VI_1", "VI_2"]`, form: "a vrrp_instance's name", keeps: []string{"group"}},
				{name: "sync_group_tracking_weight", kind: kindBool, def: "false", keeps: []string{"sync_group_tracking_weight", "global_tracking"}},
			},
			trackArguments(),
			notifyArguments(),
		),
		lacks: map[string]string{
			"track_bfd": "There is no BFD yet. Write a track_check with a ping_check of the neighbour in place of it.",
		}}
}

// trackWeightArguments are what a tracker's definition says for all that name
// it.
func trackWeightArguments() []argument {
	return []argument{
		{name: "weight", kind: kindNumber, def: "0", low: -maxWeight, high: maxWeight, keeps: []string{"weight"}},
		{name: "weight_reverse", kind: kindBool, def: "false", keeps: []string{"weight N reverse"}},
	}
}

func vrrpScriptBlock() *block {
	return &block{name: "vrrp_script", label: "name", keeps: []string{"vrrp_script"}, args: append([]argument{
		{name: "script", kind: kindCommand, required: true, example: `["/usr/local/bin/check-nginx", "-q"]`, keeps: []string{"script"}},
		{name: "interval", kind: kindDuration, def: `"1s"`, low: int64(10 * time.Millisecond), high: int64(24 * time.Hour), keeps: []string{"interval"}},
		{name: "timeout", kind: kindDuration, inherits: "interval", low: int64(time.Millisecond), high: int64(24 * time.Hour), keeps: []string{"timeout"}},
		{name: "rise", kind: kindNumber, def: "1", low: 1, high: math.MaxInt32, keeps: []string{"rise"}},
		{name: "fall", kind: kindNumber, def: "1", low: 1, high: math.MaxInt32, keeps: []string{"fall"}},
		{name: "user", kind: kindFields, inherits: "script_user", form: `"USER [GROUP]"`, keeps: []string{"user"}},
		{name: "init_fail", kind: kindBool, def: "false", keeps: []string{"init_fail"}},
	}, trackWeightArguments()...)}
}

func vrrpTrackProcessBlock() *block {
	return &block{name: "vrrp_track_process", label: "name", keeps: []string{"vrrp_track_process"}, args: append([]argument{
		{name: "process", kind: kindFields, required: true, example: `["haproxy"]`, form: `"NAME [PARAMETER…]"`, keeps: []string{"process"}},
		{name: "param_match", kind: kindWord, inherits: "exact with parameters, else the name alone", words: []string{"exact", "partial", "initial"}, keeps: []string{"param_match"}},
		{name: "full_command", kind: kindBool, def: "false", keeps: []string{"full_command"}},
		{name: "quorum", kind: kindNumber, def: "1", low: 1, high: 65535, keeps: []string{"quorum"}},
		{name: "quorum_max", kind: kindNumber, inherits: "any number", low: 0, high: 65535, keeps: []string{"quorum_max"}},
		{name: "delay", kind: kindDuration, def: `"0s"`, low: 0, high: maxPeriod, keeps: []string{"delay"}},
		{name: "fork_delay", kind: kindDuration, inherits: "delay", low: 0, high: maxPeriod, keeps: []string{"fork_delay"}},
		{name: "terminate_delay", kind: kindDuration, inherits: "delay", low: 0, high: maxPeriod, keeps: []string{"terminate_delay"}},
	}, trackWeightArguments()...)}
}

func trackCheckBlock(probes []*block) *block {
	return &block{name: "track_check", label: "name", args: slices.Concat(checkArguments(), trackWeightArguments(), timingArguments(trackTiming())), blocks: probes}
}

// trackTiming are the defaults of probes that virtual routers depend on: they
// are asked more often than real servers.
func trackTiming() map[string]fallback {
	return map[string]fallback{
		"delay_loop":         {def: `"1s"`},
		"connect_timeout":    {def: `"1s"`},
		"retry":              {def: "2"},
		"delay_before_retry": {def: `"1s"`},
		"warmup":             {def: `"0s"`},
	}
}

// staticBlocks are for what is on the host as long as the daemon runs.
func staticBlocks() []*block {
	return []*block{
		{name: "static_ipaddress", keeps: []string{"static_ipaddress"}, args: []argument{
			{name: "addresses", kind: kindList, required: true, example: `["192.0.2.1/24 dev eth0"]`, form: "as virtual_ipaddress, and [track_group NAME]", keeps: []string{"static_ipaddress"}},
		}},
		{name: "static_routes", keeps: []string{"static_routes"}, args: []argument{
			{name: "routes", kind: kindList, required: true, example: `["198.51.100.0/24 via 192.0.2.254 dev eth0"]`, form: "as virtual_routes, and [track_group NAME]", keeps: []string{"static_routes"}},
		}},
		{name: "static_rules", keeps: []string{"static_rules"}, args: []argument{
			{name: "rules", kind: kindList, required: true, example: `["from 198.51.100.0/24 table 100 preference 1000"]`, form: "as virtual_rules, and [track_group NAME]", keeps: []string{"static_rules"}},
		}},
		{name: "track_group", label: "name", keeps: []string{"track_group"}, args: []argument{
			{name: "group", kind: kindList, required: true, example: `["VI_1"]`, form: "a vrrp_instance's name", keeps: []string{"group"}},
		}},
	}
}
