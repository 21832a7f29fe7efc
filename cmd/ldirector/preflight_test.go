package main

import (
	"strings"
	"testing"

	"github.com/ldirector/ldirector/internal/doctor"
)

func TestCheckPrivileges(t *testing.T) {
	tests := []struct {
		name, status string
		want         string // "" for no error
	}{
		{"root", "Name:\tx\nCapInh:\t0\nCapEff:\t000001ffffffffff\n", ""},
		{"both", "CapEff:\t0000000000003000\n", ""},
		{"nobody", "CapEff:\t0000000000000000\n", "missing CAP_NET_ADMIN and CAP_NET_RAW"},
		{"no raw", "CapEff:\t0000000000001000\n", "missing CAP_NET_RAW,"},
		{"garbled", "CapEff:\tzz\n", "read the process's capabilities"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := checkPrivileges([]byte(tt.status))
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("checkPrivileges = %v, want %q", err, tt.want)
			}
		})
	}
}

func TestCheckRivals(t *testing.T) {
	const here, elsewhere = "net:[1]", "net:[2]"
	proc := func(netns string, argv ...string) []doctor.Process {
		return []doctor.Process{{Pid: 42, Netns: netns, Argv: argv}}
	}
	tests := []struct {
		name string
		all  []doctor.Process
		vrrp bool
		want string
	}{
		{"alone", proc(here, "/usr/sbin/nginx"), true, ""},
		{"keepalived", proc(here, "/usr/sbin/keepalived", "-D"), false, "keepalived (pid 42) is running here"},
		{"keepalived elsewhere", proc(elsewhere, "/usr/sbin/keepalived"), true, ""},
		{"keepalived somewhere", proc("", "/usr/sbin/keepalived"), false, "keepalived (pid 42)"},
		{"keepalived with VRRP alone", proc(here, "keepalived", "-P", "-n"), false, ""},
		{"keepalived with VRRP alone, but so have we", proc(here, "keepalived", "--vrrp"), true, "keepalived (pid 42)"},
		{"ldirectord", proc(here, "/usr/bin/perl", "/usr/sbin/ldirectord", "start"), false, "ldirectord (pid 42)"},
		{"ldirectord with a title", proc(here, "ldirectord", "ldirectord.cf"), false, "systemctl disable --now ldirectord"},
		{"an editor", proc(here, "vi", "keepalived"), true, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := checkRivals(tt.all, here, tt.vrrp)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("checkRivals = %v, want %q", err, tt.want)
			}
		})
	}
}
