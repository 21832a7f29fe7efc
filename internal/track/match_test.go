package track

import (
	"strings"
	"testing"
)

// running is a process with a name and a command line.
func running(name, cmdline string) program {
	return program{name: name, args: parseCmdline([]byte(strings.ReplaceAll(cmdline, " ", "\x00") + "\x00"))}
}

func TestMatches(t *testing.T) {
	nginx := program{name: "nginx", args: []string{"nginx: master process /usr/sbin/nginx -g daemon off;"}}
	haproxy := running("haproxy", "/usr/sbin/haproxy -f /etc/haproxy.cfg -p /run/haproxy.pid")
	script := running("check-gateway", "/bin/sh /usr/bin/check-gateway")
	long := running("a-very-long-nam", "/opt/a-very-long-name")
	kernel := program{name: "kthreadd"}
	tests := []struct {
		name    string
		process Process
		is      program
		want    bool
	}{
		{"name", Process{Command: []string{"nginx"}}, nginx, true},
		{"part of a name", Process{Command: []string{"ngin"}}, nginx, false},
		{"more than a name", Process{Command: []string{"nginxx"}}, nginx, false},
		{"script, whose first argument is a shell", Process{Command: []string{"check-gateway"}}, script, true},
		{"name that the kernel cuts", Process{Command: []string{"a-very-long-name"}}, long, true},
		{"thread of the kernel", Process{Command: []string{"kthreadd"}}, kernel, true},
		{"thread of the kernel has no arguments", Process{Command: []string{"kthreadd"}, Match: MatchPartial}, kernel, false},
		{"path", Process{Command: []string{"/usr/sbin/haproxy"}}, haproxy, true},
		{"another path", Process{Command: []string{"/usr/bin/haproxy"}}, haproxy, false},
		{"full, with a path", Process{Command: []string{"/usr/sbin/haproxy"}, Full: true}, haproxy, true},
		{"full, without", Process{Command: []string{"haproxy"}, Full: true}, haproxy, false},
		{"full, with a title", Process{Command: []string{"nginx: master process /usr/sbin/nginx -g daemon off;"}, Full: true}, nginx, true},
		{"exact", Process{Command: strings.Fields("haproxy -f /etc/haproxy.cfg -p /run/haproxy.pid"), Match: MatchExact}, haproxy, true},
		{"exact, one too few", Process{Command: strings.Fields("haproxy -f /etc/haproxy.cfg -p"), Match: MatchExact}, haproxy, false},
		{"exact, one too many", Process{Command: strings.Fields("haproxy -f /etc/haproxy.cfg -p /run/haproxy.pid -D"), Match: MatchExact}, haproxy, false},
		{"exact, none wanted", Process{Command: []string{"haproxy"}, Match: MatchExact}, haproxy, false},
		{"exact, none there", Process{Command: []string{"a-very-long-name"}, Match: MatchExact}, long, true},
		{"exact, another program", Process{Command: strings.Fields("proxy -f /etc/haproxy.cfg -p /run/haproxy.pid"), Match: MatchExact}, haproxy, false},
		{"partial", Process{Command: strings.Fields("haproxy -f /etc/haproxy.cfg"), Match: MatchPartial}, haproxy, true},
		{"partial, the beginning of one", Process{Command: strings.Fields("haproxy -f /etc/haproxy"), Match: MatchPartial}, haproxy, false},
		{"partial, none", Process{Command: []string{"haproxy"}, Match: MatchPartial}, haproxy, true},
		{"partial, more than there are", Process{Command: strings.Fields("haproxy -f /etc/haproxy.cfg -p /run/haproxy.pid x"), Match: MatchPartial}, haproxy, false},
		{"initial", Process{Command: strings.Fields("haproxy -f /etc/haproxy"), Match: MatchInitial}, haproxy, true},
		{"initial, complete", Process{Command: strings.Fields("haproxy -f /etc/haproxy.cfg"), Match: MatchInitial}, haproxy, true},
		{"initial, of the first", Process{Command: strings.Fields("haproxy -"), Match: MatchInitial}, haproxy, true},
		{"initial, one before the last is cut", Process{Command: strings.Fields("haproxy - /etc/haproxy.cfg"), Match: MatchInitial}, haproxy, false},
		{"no command", Process{}, haproxy, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.process.matches(tt.is); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestEnough(t *testing.T) {
	tests := []struct {
		quorum, most int
		want         string // for 0, 1, 2 and 3 processes
	}{
		{1, 0, "-+++"},
		{2, 0, "--++"},
		{1, 1, "-+--"},
		{1, 2, "-++-"},
		{0, 2, "+++-"},
		{0, 0, "+---"},
	}
	for _, tt := range tests {
		p, got := Process{Quorum: tt.quorum, QuorumMax: tt.most}, ""
		for n := range len(tt.want) {
			got += map[bool]string{true: "+", false: "-"}[p.enough(n)]
		}
		if got != tt.want {
			t.Errorf("quorum %d to %d: got %q, want %q", tt.quorum, tt.most, got, tt.want)
		}
	}
}
