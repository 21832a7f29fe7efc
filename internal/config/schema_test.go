package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// everyBlock has each block of the language once. Its arguments go where
// "@block" stands.
const everyBlock = `
global {
  @global
  log {
    @log
  }
  api {
    @api
  }
}
ipvs {
  @ipvs
  sync_daemon {
    @sync_daemon
  }
}
vrrp_instance "VI_1" {
  @vrrp_instance
  authentication {
    @authentication
  }
}
virtual_server "web" {
  @virtual_server
  real_server "192.0.2.31" {
    @real_server
  }
  real_server "192.0.2.32" {
    tcp_check {
      @tcp_check
    }
  }
  tcp_check { connect_port = 80 }
  sorry_server "127.0.0.2" {
    @sorry_server
  }
}
virtual_server "mark" {
  fwmark       = 1
  lb_algo      = "wrr"
  lb_kind      = "DR"
  pool         = "web"
  match {
    @match
  }
}
pool "web" {
  @pool
  tcp_check { connect_port = 80 }
  real_server "192.0.2.51" {}
}
check "named" {
  tcp_check { connect_port = 99 }
}
check "used" {
  tcp_check { connect_port = 98 }
}
pool "other" {
  checks = ["named", "used"]
  real_server "192.0.2.61" {}
}
virtual_server "other" {
  address = "192.0.2.1:1"
  lb_algo = "rr"
  lb_kind = "DR"
  pool    = "other"
}
`

// tries returns the arguments that a block needs, and for each argument another
// value than that or its default. Arguments that need others have these behind
// the value, on lines of their own; one that is there already is replaced.
func tries() (required, other map[string]map[string]string) {
	required = map[string]map[string]string{
		"vrrp_instance":  {"interface": `"eth0"`, "virtual_router_id": "51", "virtual_ipaddress": `["192.0.2.10"]`},
		"authentication": {"auth_type": `"PASS"`, "auth_pass": `"1111"`},
		"virtual_server": {"address": `"192.0.2.10:80"`, "lb_algo": `"wrr"`, "lb_kind": `"DR"`},
		"sync_daemon":    {"interface": `"eth0"`},
		"match":          {"addresses": `["192.0.2.128/25"]`},
	}
	other = map[string]map[string]string{
		"global": {"router_id": `"a"`, "script_user": `"a"`},
		"log":    {"level": `"error"`, "format": `"json"`},
		"api":    {"listen": `"unix:/a"`},
		"ipvs": {
			"on_exit": `"keep"`, "resync": "5", "tcp_timeout": "5", "tcp_fin_timeout": "5", "udp_timeout": "5",
			"sysctl": "{ sloppy_tcp = 1 }", "exclusive": "true",
		},
		"sync_daemon": {
			"interface": `"eth1"`, "vrrp_instance": `"VI_1"`, "id": "5", "port": "5", "ttl": "5", "group": `"224.0.0.82"`, "maxlen": "5",
		},
		"authentication": {"auth_pass": `"2222"`},
		"vrrp_instance": {
			"interface": `"eth1"`, "virtual_router_id": "52", "priority": "101", "version": "3", "advert_int": "2",
			"virtual_ipaddress": `["192.0.2.11"]`, "nopreempt": "true", "track_interface": `["eth2"]`, "garp_master_repeat": "6", "garp_master_delay": "6",
			"notify": `"a"`, "notify_master": `"a"`, "notify_backup": `"a"`, "notify_fault": `"a"`, "notify_stop": `"a"`,
		},
		"match": {"addresses": `["192.0.2.64/26"]`, "ports": `[80, "8000-8010"]`, "protocols": `["UDP"]`},
		"virtual_server": {
			"address": `"192.0.2.11:80"`, "addresses": "[\"192.0.2.11-13:80\"]\naddress = null", "ports": "[80, 81]\naddresses = [\"192.0.2.11\"]\naddress = null\ntcp_check.connect_port = 80",
			"fwmark":   "7\naddress = null\ntcp_check.connect_port = 80",
			"protocol": `"UDP"`, "protocols": `["TCP", "UDP"]`, "lb_algo": `"wlc"`, "lb_kind": `"TUN"`,
			"persistence_timeout": "60", "persistence_granularity": `"24"`, "persistence_engine": "\"sip\"\npersistence_timeout = 60\nprotocol = \"UDP\"",
			"sh_port": "true\nlb_algo = \"sh\"", "sh_fallback": "true\nlb_algo = \"sh\"", "mh_port": "true\nlb_algo = \"mh\"", "mh_fallback": "true\nlb_algo = \"mh\"",
			"flag_1": "true", "flag_2": "true", "flag_3": "true", "ops": "true\nprotocol = \"UDP\"",
			"quorum": "2", "hysteresis": "1\nquorum = 2\nweight = 2", "quorum_up": `"a"`, "quorum_down": `"a"`,
			"alpha": "false", "omega": "true", "ha_suspend": "true", "sorry_server_inhibit": "true",
			"tun_type": "\"gre\"\nlb_kind = \"TUN\"", "tun_port": "6080\ntun_type = \"gue\"\nlb_kind = \"TUN\"", "tun_csum": "\"csum\"\ntun_type = \"gre\"\nlb_kind = \"TUN\"",
			"real_servers": `["192.0.2.33"]`, "pool": `"other"`,
			"weight": "2", "uthreshold": "9", "lthreshold": "8\nuthreshold = 9", "inhibit_on_failure": "true", "slow_start": "9\nweight = 9",
		},
		"sorry_server": {
			"lvs_method": `"TUN"`, "tun_type": "\"gre\"\nlvs_method = \"TUN\"", "tun_port": "6080\ntun_type = \"gue\"\nlvs_method = \"TUN\"",
			"tun_csum": "\"csum\"\ntun_type = \"gre\"\nlvs_method = \"TUN\"",
		},
		"real_server": {
			"weight": "2", "uthreshold": "9", "lthreshold": "8\nuthreshold = 9", "inhibit_on_failure": "true", "slow_start": "9\nweight = 9",
			"lvs_method": `"TUN"`, "tun_type": "\"gre\"\nlvs_method = \"TUN\"", "tun_port": "6080\ntun_type = \"gue\"\nlvs_method = \"TUN\"",
			"tun_csum": "\"csum\"\ntun_type = \"gre\"\nlvs_method = \"TUN\"", "notify_up": `"a"`, "notify_down": `"a"`,
		},
		"pool": {
			"weight": "2", "uthreshold": "9", "lthreshold": "8\nuthreshold = 9", "inhibit_on_failure": "true", "slow_start": "9\nweight = 9",
			"real_servers": `["192.0.2.52 weight 4"]`,
		},
	}
	for _, block := range []string{"virtual_server", "real_server", "pool"} {
		maps.Copy(other[block], tryTiming())
		maps.Copy(other[block], map[string]string{"checks": `["named"]`, "check_mode": `"any"`, "alpha": "false"})
	}
	for _, b := range probeBlocks() {
		if other[b.name] == nil {
			other[b.name] = make(map[string]string)
		}
		maps.Copy(other[b.name], tryTiming())
		maps.Copy(other[b.name], map[string]string{
			"rise": "2", "connect_ip": `"192.0.2.40"`, "connect_port": "81",
			"bindto": `"192.0.2.1"`, "bind_port": "1024", "bind_if": `"eth1"`, "fwmark": "9", "via": `"vip"`, "alpha": "true\nvirtual_server.alpha = false",
		})
	}
	return required, other
}

// tryTiming is tries for the arguments of timing.
func tryTiming() map[string]string {
	return map[string]string{"delay_loop": "7", "connect_timeout": "7", "retry": "7", "delay_before_retry": "7", "warmup": "7"}
}

// TestEveryArgumentActs sets each argument of the language to another value
// and looks for a change of the Config: nothing may be read without effect.
func TestEveryArgumentActs(t *testing.T) {
	required, other := tries()
	// write writes the configuration with lines in place of a block: arguments
	// as "NAME = VALUE", or "BLOCK.NAME = VALUE" for another block.
	write := func(block string, lines ...string) string {
		given := make(map[string]map[string]string)
		for place := range other {
			given[place] = maps.Clone(required[place])
			if given[place] == nil {
				given[place] = make(map[string]string)
			}
		}
		for _, line := range lines {
			name, value, _ := strings.Cut(line, "=")
			place, inner, ok := strings.Cut(strings.TrimSpace(name), ".")
			if !ok {
				place, inner = block, place
			}
			given[place][inner] = value
		}
		text := everyBlock
		for place, args := range given {
			var b strings.Builder
			for _, n := range slices.Sorted(maps.Keys(args)) {
				fmt.Fprintf(&b, "%s = %s\n", n, args[n])
			}
			text = strings.Replace(text, "@"+place+"\n", b.String(), 1)
		}
		if _, ok := given["vrrp_instance"]["version"]; ok { // which has no authentication
			from := strings.Index(text, "  authentication {")
			text = text[:from] + text[from+strings.Index(text[from:], "}")+1:]
		}
		return text
	}
	load := func(t *testing.T, text string) string {
		cfg, diags := loadText(t, nil, nil, "a.hcl", text)
		if len(diags) > 0 {
			t.Fatal(messages(t, cfg, diags))
		}
		return dump(cfg)
	}
	without := load(t, write(""))
	seen := make(map[string]bool)
	var walk func(b *block)
	walk = func(b *block) {
		for _, a := range b.args {
			name := b.name + "." + a.name
			switch {
			case seen[name], b.name == "variable": // has tests of its own
				continue
			case name == "authentication.auth_type": // there is one value only
				continue
			case name == "virtual_server.ip_family": // needs tunnels, which sync_daemon forbids; see testdata/good
				continue
			case name == "vrrp_instance.state": // limits other arguments, as in keepalived; see testdata/bad
				continue
			}
			seen[name] = true
			t.Run(name, func(t *testing.T) {
				value, ok := other[b.name][a.name]
				if !ok {
					t.Fatal("no value to try it with")
				}
				lines := strings.Split(a.name+" = "+value, "\n")
				before := without
				if cfg, diags := loadText(t, nil, nil, "a.hcl", write(b.name, lines[1:]...)); !diags.HasErrors() {
					before = dump(cfg) // what the other lines change does not count
				}
				if load(t, write(b.name, lines...)) == before {
					t.Errorf("%s = %s changes nothing", a.name, value)
				}
			})
		}
		for _, c := range b.blocks {
			walk(c)
		}
	}
	walk(language())
}

func TestDefaultsOfTheTableAreValid(t *testing.T) {
	var walk func(b *block)
	walk = func(b *block) {
		l := &loader{root: language()}
		c := &content{l: l, spec: b}
		for _, a := range b.args {
			if a.def == "" {
				continue
			}
			switch a.kind {
			case kindText, kindWord:
				c.text(a.name)
			case kindNumber:
				c.number(a.name)
			case kindBool:
				c.boolean(a.name)
			case kindDuration:
				c.duration(a.name)
			case kindList:
				c.list(a.name)
			case kindWords:
				c.words(a.name)
			case kindCommand, kindMap, kindAny:
				t.Errorf("%s: a default of this kind is not foreseen", a.name)
			}
		}
		if len(l.diags) > 0 {
			t.Errorf("%s: %v", b.name, l.diags)
		}
		for _, inner := range b.blocks {
			walk(inner)
		}
	}
	walk(language())
}

func TestRenameKnowsKeepalived(t *testing.T) {
	root := language()
	service := root.child("virtual_server")
	for _, test := range []struct {
		in   *block
		word string
		want string
	}{
		{root, "global_defs", "global"},
		{root, "VIRTUAL_SERVER", "virtual_server"},
		{root, "vrrp_sync_group", ""},
		{service, "lvs_sched", "lb_algo"},
		{service, "TCP_CHECK", "tcp_check"},
		{service, "Protocol", "protocol"},
		{service.child("tcp_check"), "nb_get_retry", "retry"},
	} {
		if got := test.in.rename(test.word); got != test.want {
			t.Errorf("rename(%q) = %q, want %q", test.word, got, test.want)
		}
	}
}

func TestFormatDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                        "0s",
		10 * time.Millisecond:    "10ms",
		90 * time.Second:         "1m30s",
		2 * time.Minute:          "2m",
		24 * time.Hour:           "24h",
		time.Hour + time.Minute:  "1h1m",
		40950 * time.Millisecond: "40.95s",
		time.Hour + time.Second:  "1h0m1s",
	} {
		if got := FormatDuration(d); got != want {
			t.Errorf("FormatDuration(%d) = %q, want %q", d, got, want)
		}
	}
}
