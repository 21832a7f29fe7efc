package config

import "time"

func vrrpInstanceBlock() *block {
	return &block{name: "vrrp_instance", label: "name", keeps: []string{"vrrp_instance"},
		args: []argument{
			{name: "state", kind: kindWord, def: `"BACKUP"`, words: []string{"MASTER", "BACKUP"}, keeps: []string{"state"}},
			{name: "interface", kind: kindText, required: true, example: `"eth0"`, keeps: []string{"interface"}},
			{name: "virtual_router_id", kind: kindNumber, required: true, example: "51", low: 1, high: 255, keeps: []string{"virtual_router_id"}},
			{name: "priority", kind: kindNumber, def: "100", low: 1, high: 255, keeps: []string{"priority"}},
			{name: "version", kind: kindNumber, def: "2", low: 2, high: 3, keeps: []string{"version", "vrrp_version"}},
			{name: "advert_int", kind: kindDuration, def: `"1s"`, low: int64(10 * time.Millisecond), high: int64(255 * time.Second), keeps: []string{"advert_int"}},
			{name: "virtual_ipaddress", kind: kindList, required: true, example: `["192.0.2.10/24"]`, form: `"IP[/LEN] [brd IP|+|-] [dev IF] [scope S] [label L]"`, keeps: []string{"virtual_ipaddress"}},
			{name: "nopreempt", kind: kindBool, def: "false", keeps: []string{"nopreempt"}},
			{name: "track_interface", kind: kindList, def: "[]", form: `"IF [weight N]"`, keeps: []string{"track_interface"}},
			{name: "garp_master_repeat", kind: kindNumber, def: "5", low: 1, high: 100, keeps: []string{"garp_master_repeat", "vrrp_garp_master_repeat"}},
			{name: "garp_master_delay", kind: kindDuration, def: `"5s"`, low: 0, high: int64(time.Hour), keeps: []string{"garp_master_delay", "vrrp_garp_master_delay"}},
			{name: "notify", kind: kindCommand, keeps: []string{"notify"}},
			{name: "notify_master", kind: kindCommand, keeps: []string{"notify_master"}},
			{name: "notify_backup", kind: kindCommand, keeps: []string{"notify_backup"}},
			{name: "notify_fault", kind: kindCommand, keeps: []string{"notify_fault"}},
			{name: "notify_stop", kind: kindCommand, keeps: []string{"notify_stop"}},
		},
		blocks: []*block{
			{name: "authentication", once: true, keeps: []string{"authentication"}, args: []argument{
				{name: "auth_type", kind: kindWord, required: true, example: `"PASS"`, words: []string{"PASS"}, keeps: []string{"auth_type"}},
				{name: "auth_pass", kind: kindText, required: true, example: `"1111"`, form: "1 to 8 bytes", keeps: []string{"auth_pass"}},
			}},
		}}
}
