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
  metrics {
@metrics
  }
  http {
    @http
  }
  email {
    @email
  }
  webhook "a" {
    @webhook
  }
  alert_command "a" {
    @alert_command
  }
}
ipvs {
  @ipvs
  sync_daemon {
    @sync_daemon
  }
}
ssl {
  @ssl
}
vrrp_sync_group "SG" {
  @vrrp_sync_group
}
vrrp_script "chk" {
  @vrrp_script
}
vrrp_script "other" { script = "/bin/other" }
vrrp_track_process "proc" {
  @vrrp_track_process
}
track_check "gw" {
  @track_check
  ping_check { connect_ip = "192.0.2.254" }
  misc_check { misc_path = "/bin/check" }
}
garp_group {
  @garp_group
}
static_ipaddress {
  @static_ipaddress
}
static_routes {
  @static_routes
}
static_rules {
  @static_rules
}
track_group "lost" {
  @track_group
}
vrrp_instance "member" {
  interface         = "eth8"
  virtual_router_id = 88
  virtual_ipaddress = ["192.0.2.88"]
  track_interface   = ["eth1 weight 1"]
  track_script      = ["chk", "other"]
  track_process     = ["proc"]
  track_check       = ["gw"]
  auth_hmac {
    @auth_hmac
    key "1" {
      @key
    }
    key "2" { value = "01234567890123456789012345678901" }
  }
}
track_file "a" {
  @track_file
}
track_file "b" { file = "/bb" }
track_file "c" { file = "/c" }
check "files" {
  file_check { track_file = "a" }
  file_check { track_file = "b" }
  file_check { track_file = "c" }
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
@probes
  }
  tcp_check {
    connect_port = 80
    tls          = true
  }
  http_get {
    connect_port = 80
    url { path = "/" }
  }
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
  http_get {
    connect_port = 80
    url { path = "/" }
  }
  real_server "192.0.2.51" {}
}
check "named" {
  tcp_check { connect_port = 99 }
}
check "used" {
  tcp_check { connect_port = 98 }
}
check "asked" {
  tcp_check {
    connect_ip   = "192.0.2.97"
    connect_port = 97
  }
}
pool "other" {
  checks = ["named", "used", "files", "asked"]
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
		"vrrp_instance":      {"interface": `"eth0"`, "virtual_router_id": "51", "virtual_ipaddress": `["192.0.2.10"]`},
		"authentication":     {"auth_type": `"PASS"`, "auth_pass": `"1111"`},
		"auth_hmac":          {"active_key": "1"},
		"key":                {"value": `"01234567890123456789012345678901"`},
		"vrrp_sync_group":    {"group": `["member"]`, "sync_group_tracking_weight": "true"},
		"vrrp_script":        {"script": `"/bin/a"`},
		"vrrp_track_process": {"process": `"a"`},
		"track_group":        {"group": `["VI_1"]`},
		"garp_group":         {"interfaces": `["eth8"]`, "garp_interval": "1"},
		"static_ipaddress":   {"addresses": `["192.0.2.99 dev eth0 track_group lost"]`},
		"static_routes":      {"routes": `["blackhole 10.0.0.0/8"]`},
		"static_rules":       {"rules": `["nop"]`},
		"virtual_server":     {"address": `"192.0.2.10:80"`, "lb_algo": `"wrr"`, "lb_kind": `"DR"`},
		"sync_daemon":        {"interface": `"eth0"`},
		"match":              {"addresses": `["192.0.2.128/25"]`},
		"email":              {"smtp_server": `"a"`, "to": `["a@b"]`},
		"webhook":            {"url": `"http://a"`},
		"alert_command":      {"command": `"a"`},
		"misc_check":         {"misc_path": `"/a"`},
		"radius_check":       {"secret": `"a"`},
		"file_check":         {"track_file": `"a"`},
		"track_file":         {"file": `"/a"`},
		"url":                {"path": `"/"`},
	}
	other = map[string]map[string]string{
		"ssl": {
			"tls_verify": "false", "ca": `"/a"`, "certificate": `"/a"`, "key": "\"/a\"\ncertificate = \"/b\"", "password": "\"a\"\ncertificate = \"/b\"",
			"tls_min_version": `"1.3"`, "expiry_warning": `"24h"`,
		},
		"tcp_check": {"send": `"a"`, "expect": `"a"`, "lines": "true\nexpect = \"a\"", "half_close": "true\nsend = \"a\"", "tls": "true"},
		"udp_check": {
			"payload": `"0a"`, "require_reply": `"0X"`, "min_reply_length": "1\nrequire_reply = true", "max_reply_length": "1\nrequire_reply = true",
		},
		"ping_check":  {},
		"grpc_check":  {"service": `"a"`, "tls": "true"},
		"redis_check": {"login": "\"a\"\npasswd = \"a\"", "passwd": `"a"`, "role": `"master"`, "tls": "true"},
		"mysql_check": {
			"login": `"a"`, "passwd": "\"a\"\nlogin = \"a\"", "database": "\"a\"\nlogin = \"a\"", "request": "\"a\"\nlogin = \"a\"",
			"receive": "\"a\"\nlogin = \"a\"", "tls": "true",
		},
		"ftp_check": {
			"login": `"a"`, "passwd": "\"a\"\nlogin = \"a\"", "request": "\"a\"\nlogin = \"a\"", "receive": "\"a\"\nrequest = \"a\"\nlogin = \"a\"",
			"tls": "true", "starttls": "true",
		},
		"pgsql_check": {
			"login": `"a"`, "passwd": "\"a\"\nlogin = \"a\"", "database": "\"a\"\nlogin = \"a\"", "request": "\"a\"\nlogin = \"a\"",
			"receive": "\"a\"\nlogin = \"a\"", "tls": "true",
		},
		"ldap_check": {
			"login": "\"cn=a\"\npasswd = \"a\"", "passwd": "\"a\"\nlogin = \"cn=a\"", "base": `"o=a"`, "request": `"(a=b)"`, "receive": `"a"`,
			"tls": "true", "starttls": "true",
		},
		"radius_check": {"login": "\"a\"\npasswd = \"a\"", "passwd": "\"a\"\nlogin = \"a\"", "secret": `"b"`},
		"nntp_check":   {"login": `"a"`, "passwd": "\"a\"\nlogin = \"a\"", "request": `"a"`, "receive": `"a"`, "tls": "true", "starttls": "true"},
		"sip_check":    {"login": `"a@b"`, "transport": `"tcp"`, "tls": "true\ntransport = \"tcp\""},
		"url": {
			"path": `"/a"`, "status_code": `"200"`, "digest": `"0123456789abcdef0123456789abcdef"`, "sha256": `"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"`,
			"regex": `"a"`, "regex_no_match": "true\nregex = \"a\"", "regex_options": "[\"caseless\"]\nregex = \"a\"", "regex_min_offset": "1\nregex = \"a\"", "regex_max_offset": "1\nregex = \"a\"",
			"virtualhost": `"a"`,
		},
		"track_file": {"file": `"/b"`, "weight": "2", "weight_reverse": "true", "init_file": `"1 overwrite"`},
		"file_check": {"track_file": `"c"`, "weight": "2", "weight_reverse": "true"},
		"smtp_check": {"helo_name": `"a"`, "tls": "true", "starttls": "true"},
		"imap_check": {"login": `"a"`, "passwd": "\"a\"\nlogin = \"a\"", "tls": "true", "starttls": "true"},
		"pop_check":  {"login": `"a"`, "passwd": "\"a\"\nlogin = \"a\"", "tls": "true", "starttls": "true"},
		"dns_check":  {"type": `"A"`, "name": `"a"`, "expect": "[\"192.0.2.1\"]\ntype = \"A\"", "regex": `"a"`, "transport": `"tcp"`},
		"misc_check": {"misc_path": `"/b"`, "misc_timeout": "7", "misc_dynamic": "true", "nagios": "true", "user": `"a b"`},
		"global": {
			"router_id": `"a"`, "script_user": `"a"`, "vrrp_startup_delay": "1", "vrrp_delay_after_boot": "1", "guardian": "false",
			"notify_fifo": `"/a"`, "notify_fifo_script": "\"a\"\nnotify_fifo = \"/a\"", "vrrp_notify_fifo": `"/a"`, "vrrp_notify_fifo_script": "\"a\"\nvrrp_notify_fifo = \"/a\"",
			"lvs_notify_fifo": `"/a"`, "lvs_notify_fifo_script": "\"a\"\nlvs_notify_fifo = \"/a\"",
		},
		"auth_hmac":   {"active_key": "2", "anti_replay": `"monotonic"`, "time_window": "9", "mode": `"permissive"`},
		"key":         {"value": `"file:/a"`},
		"vrrp_script": {"script": `"/bin/b"`, "interval": "2", "timeout": "3", "rise": "2", "fall": "2", "user": `"a b"`, "init_fail": "true", "weight": "2", "weight_reverse": "true"},
		"vrrp_track_process": {
			"process": `"b"`, "param_match": `"exact"`, "full_command": "true", "quorum": "2", "quorum_max": "3", "delay": "1", "fork_delay": "1", "terminate_delay": "1",
			"weight": "2", "weight_reverse": "true",
		},
		"track_check":      {"checks": `["asked"]`, "weight": "2", "weight_reverse": "true"},
		"garp_group":       {"garp_interval": "2", "gna_interval": "2", "interfaces": `["eth0"]`},
		"static_ipaddress": {"addresses": `["192.0.2.98 dev eth0 track_group lost"]`},
		"static_routes":    {"routes": `["blackhole 10.0.0.0/9"]`},
		"static_rules":     {"rules": `["prohibit"]`},
		"track_group":      {"group": `["member"]`},
		"log":              {"level": `"error"`, "format": `"json"`},
		"api":              {"listen": `"unix:/a"`, "group": `"b"`},
		"http":             {"listen": `"127.0.0.1:1"`, "certificate": `"/a"`, "key": "\"/b\"\ncertificate = \"/a\"", "token": `"0123456789abcdef"`},
		"email": {
			"smtp_server": `"b:587"`, "to": `["b@b"]`, "from": `"a@b"`, "helo_name": `"a"`, "connect_timeout": "5", "tls": `"implicit"`,
			"user": "\"a\"\npassword = \"b\"", "password": "\"a\"\nuser = \"b\"", "digest": "5", "max_per_hour": "5",
			"smtp_alert": "true", "smtp_alert_vrrp": "true", "smtp_alert_checker": "true", "no_email_faults": "true", "tls_verify": "true", "ca": `"/a"`,
		},
		"webhook": {
			"url": `"http://b"`, "method": `"PUT"`, "headers": `{ "a" = "b" }`, "body": `"{}"`, "token": `"a"`, "timeout": "5", "digest": "5", "events": `["all"]`,
			"tls_verify": "false", "ca": `"/a"`,
		},
		"alert_command": {"command": `"b"`, "timeout": "5", "events": `["all"]`},
		"metrics":       {"real_servers": "false", "max_series": "1000"},
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
			"virtual_ipaddress_excluded": `["192.0.2.12"]`, "no_virtual_ipaddress": "true\nvirtual_ipaddress = null", "virtual_routes": `["blackhole 10.0.0.0/8"]`, "virtual_rules": `["nop"]`,
			"promote_secondaries": "true", "accept": "false", "no_accept": "true", "preempt_delay": "1", "down_timer_adverts": "2", "lower_prio_no_advert": "true",
			"higher_prio_send_advert": "false", "owner_ignore_adverts": "true", "strict_mode": "true",
			"mcast_src_ip": `"192.0.2.1"`, "mcast_dst_ip": `"224.0.0.19"`, "unicast_peer": `["192.0.2.2"]`, "unicast_src_ip": "\"192.0.2.1\"\nunicast_peer = [\"192.0.2.2\"]",
			"unicast_ttl": "9\nunicast_peer = [\"192.0.2.2\"]", "check_unicast_src": "false", "track_src_ip": "true\nmcast_src_ip = \"192.0.2.1\"", "skip_check_adv_addr": "true",
			"v3_checksum_as_v2": "true", "use_vmac": "true", "vmac_xmit_base": "true\nuse_vmac = true", "garp_master_refresh": "1", "garp_master_refresh_repeat": "2",
			"garp_lower_prio_repeat": "1", "garp_lower_prio_delay": "1", "garp_interval": "1", "gna_interval": "1",
			"track_script": `["chk"]`, "track_file": `["a"]`, "track_process": `["proc"]`, "track_check": `["gw"]`, "track_virtual_server": `["web"]`, "dont_track_primary": "true",
			"on_address_loss": `"backup"`, "on_conflict": `"yield"`, "notify_deleted": `"a"`, "notify_master_rx_lower_pri": `"a"`, "notify_conflict": `"a"`,
		},
		"vrrp_sync_group": {
			"group":           `["VI_1", "member"]`,
			"track_interface": `["eth2"]`, "track_script": "[\"chk\"]\ngroup = [\"VI_1\"]", "track_file": `["a"]`, "track_process": "[\"proc\"]\ngroup = [\"VI_1\"]",
			"track_check": "[\"gw\"]\ngroup = [\"VI_1\"]", "track_virtual_server": `["web"]`,
		},
		"match": {"addresses": `["192.0.2.64/26"]`, "ports": `[80, "8000-8010"]`, "protocols": `["UDP"]`},
		"virtual_server": {
			"address": `"192.0.2.11:80"`, "addresses": "[\"192.0.2.11-13:80\"]\naddress = null", "ports": "[80, 81]\naddresses = [\"192.0.2.11\"]\naddress = null",
			"fwmark":   "7\naddress = null",
			"protocol": `"UDP"`, "protocols": `["TCP", "UDP"]`, "lb_algo": `"wlc"`, "lb_kind": `"TUN"`,
			"persistence_timeout": "60", "persistence_granularity": `"24"`, "persistence_engine": "\"sip\"\npersistence_timeout = 60\nprotocol = \"UDP\"",
			"sh_port": "true\nlb_algo = \"sh\"", "sh_fallback": "true\nlb_algo = \"sh\"", "mh_port": "true\nlb_algo = \"mh\"", "mh_fallback": "true\nlb_algo = \"mh\"",
			"flag_1": "true", "flag_2": "true", "flag_3": "true", "ops": "true\nprotocol = \"UDP\"",
			"quorum": "2", "hysteresis": "1\nquorum = 2\nweight = 2", "quorum_up": `"a"`, "quorum_down": `"a"`, "smtp_alert": "true",
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
			"tun_csum": "\"csum\"\ntun_type = \"gre\"\nlvs_method = \"TUN\"", "notify_up": `"a"`, "notify_down": `"a"`, "smtp_alert": "false",
		},
		"pool": {
			"weight": "2", "uthreshold": "9", "lthreshold": "8\nuthreshold = 9", "inhibit_on_failure": "true", "slow_start": "9\nweight = 9",
			"real_servers": `["192.0.2.52 weight 4"]`,
		},
	}
	for _, block := range []string{"vrrp_instance", "vrrp_sync_group"} {
		maps.Copy(other[block], map[string]string{"notify": `"a"`, "notify_master": `"a"`, "notify_backup": `"a"`, "notify_fault": `"a"`, "notify_stop": `"a"`, "notify_priority_changes": "true", "smtp_alert": "true"})
	}
	maps.Copy(other["track_check"], tryTiming())
	for _, block := range []string{"virtual_server", "real_server", "pool"} {
		maps.Copy(other[block], tryTiming())
		maps.Copy(other[block], map[string]string{"virtualhost": `"b"`, "checks": `["named"]`, "check_mode": `"any"`, "alpha": "false"})
	}
	for _, b := range language().child("check").blocks {
		if other[b.name] == nil {
			other[b.name] = make(map[string]string)
		}
		if b.find("url") != nil {
			other[b.name] = map[string]string{
				"http_protocol": `"1.1"`, "virtualhost": `"a"`, "method": `"HEAD"`, "headers": `{ "X-A" = "b" }`, "body": "\"a\"\nmethod = \"POST\"", "basic_auth": `"a:b"`, "redirects": "1",
				"body_limit": "1", "weight_from": `header("X-Weight")`,
			}
		}
		if b.probe.at == atPort {
			if required[b.name] == nil {
				required[b.name] = make(map[string]string)
			}
			required[b.name]["connect_port"] = "80"
		}
		maps.Copy(other[b.name], tryTiming())
		for _, a := range tlsGroup().args {
			other[b.name][a.name] = map[string]string{
				"tls_verify": "false", "ca": `"/a"`, "certificate": `"/a"`, "key": "\"/a\"\ncertificate = \"/b\"", "key_password": "\"a\"\ncertificate = \"/b\"",
				"tls_min_version": `"1.3"`, "expiry_warning": `"24h"`, "enable_sni": "false\nsni_name = \"a\"", "sni_name": `"a"`,
			}[a.name]
			if b.byID["tls"] != nil {
				other[b.name][a.name] += "\ntls = true"
			}
			if b.name == "sip_check" {
				other[b.name][a.name] += "\ntransport = \"tcp\""
			}
		}
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
		var probes strings.Builder
		for _, b := range language().child("check").blocks {
			url := ""
			if b.find("url") != nil {
				url = "\nurl {\n@url\n}\n"
			}
			fmt.Fprintf(&probes, "    %s {\n@%s\n%s    }\n", b.name, b.name, url)
		}
		text := strings.Replace(everyBlock, "@probes", probes.String(), 1)
		for place, args := range given {
			var b strings.Builder
			for _, n := range slices.Sorted(maps.Keys(args)) {
				fmt.Fprintf(&b, "%s = %s\n", n, args[n])
			}
			text = strings.ReplaceAll(text, "@"+place+"\n", b.String())
		}
		_, v3 := given["vrrp_instance"]["version"]
		if _, strict := given["vrrp_instance"]["strict_mode"]; v3 || strict { // which have no authentication
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
			case name == "vrrp_instance.unicast_fault_no_peer": // forbids that there is no peer; see testdata/bad
				continue
			case name == "vrrp_sync_group.sync_group_tracking_weight": // lets trackers of members count; see testdata/good and bad
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
				if len(lines) > 1 {
					if cfg, diags := loadText(t, nil, nil, "a.hcl", write(b.name, lines[1:]...)); !diags.HasErrors() {
						before = dump(cfg) // what the other lines change does not count
					}
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
			case kindText, kindData, kindRegexp, kindWord:
				c.text(a.name)
			case kindNumber:
				c.number(a.name)
			case kindBool:
				c.boolean(a.name)
			case kindSwitch:
				c.switched(a.name)
			case kindDuration:
				c.duration(a.name)
			case kindList, kindFields:
				c.list(a.name)
			case kindWords:
				c.words(a.name)
			case kindTexts:
				c.texts(a.name)
			case kindCommand, kindMap, kindWeight, kindAny:
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
		{root, "bfd_instance", ""},
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
