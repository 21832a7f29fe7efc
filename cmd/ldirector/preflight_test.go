package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
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
	proc := func(netns string, argv ...string) []process { return []process{{pid: 42, netns: netns, argv: argv}} }
	tests := []struct {
		name string
		all  []process
		vrrp bool
		want string
	}{
		{"alone", proc(here, "/usr/sbin/nginx"), true, ""},
		{"keepalived", proc(here, "/usr/sbin/keepalived", "-D"), false, "keepalived (pid 42) is running here"},
		{"keepalived elsewhere", proc(elsewhere, "/usr/sbin/keepalived"), true, ""},
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

func TestSplitArgv(t *testing.T) {
	if got := splitArgv([]byte("perl\x00/usr/sbin/ldirectord\x00start\x00")); len(got) != 3 {
		t.Errorf("three words became %q", got)
	}
	if got := splitArgv([]byte("ldirectord ldirectord.cf\x00")); len(got) != 2 {
		t.Errorf("a title became %q", got)
	}
}

func TestProcesses(t *testing.T) {
	child := exec.Command("sleep", "60")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { child.Process.Kill(); child.Wait() })

	own, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	all, err := processes()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if p.pid == child.Process.Pid {
			if p.netns != own {
				t.Errorf("the child is in %s, want our own %s", p.netns, own)
			}
			return
		}
	}
	t.Errorf("our child is not among %d processes", len(all))
}
