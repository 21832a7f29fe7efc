package notify

import (
	"strings"
	"testing"

	"github.com/ldirector/ldirector/vrrp"
)

func TestCommands(t *testing.T) {
	all := Commands{
		Master: []string{"m", "x"}, Backup: []string{"b"}, Fault: []string{"f"}, Stop: []string{"s"}, Deleted: []string{"d"},
		HeardLower: []string{"low"}, Conflict: []string{"c"}, Any: []string{"any", "y"},
	}
	noDeleted := all
	noDeleted.Deleted = nil
	changed := func(to vrrp.State) vrrp.Notice {
		return vrrp.Notice{Kind: vrrp.StateChanged, Name: "VI_1", To: to, Priority: 150}
	}
	of := func(kind vrrp.NoticeKind, text string) vrrp.Notice {
		return vrrp.Notice{Kind: kind, Name: "VI_1", To: vrrp.Master, Priority: 150, Text: text}
	}
	group := vrrp.Notice{Kind: vrrp.StateChanged, Group: true, Name: "SG", To: vrrp.Master}
	tests := []struct {
		name     string
		commands Commands
		notice   vrrp.Notice
		deleted  bool
		want     string
	}{
		{"master", all, changed(vrrp.Master), false, "m x; any y INSTANCE VI_1 MASTER 150"},
		{"backup", all, changed(vrrp.Backup), false, "b; any y INSTANCE VI_1 BACKUP 150"},
		{"fault", all, changed(vrrp.Fault), false, "f; any y INSTANCE VI_1 FAULT 150"},
		{"stop", all, changed(vrrp.Initialize), false, "s; any y INSTANCE VI_1 STOP 150"},
		{"deleted", all, changed(vrrp.Initialize), true, "d; any y INSTANCE VI_1 DELETED 150"},
		{"deleted, with nothing for that", noDeleted, changed(vrrp.Initialize), true, "s; any y INSTANCE VI_1 DELETED 150"},
		{"fault of one that is about to be deleted", all, changed(vrrp.Fault), true, "f; any y INSTANCE VI_1 FAULT 150"},
		{"group", all, group, false, "m x; any y GROUP SG MASTER 0"},
		{"lower advertisement", all, of(vrrp.HeardLower, ""), false, "low"},
		{"conflict", all, of(vrrp.Conflict, "two masters"), false, "c INSTANCE VI_1 CONFLICT two masters"},
		{"conflict over", all, of(vrrp.ConflictOver, "two masters"), false, "c INSTANCE VI_1 CLEAR two masters"},
		{"priority", all, of(vrrp.PriorityChanged, ""), false, ""},
		{"the general one alone", Commands{Any: []string{"any"}}, changed(vrrp.Master), false, "any INSTANCE VI_1 MASTER 150"},
		{"none", Commands{}, changed(vrrp.Master), false, ""},
		{"none for a conflict", Commands{}, of(vrrp.Conflict, "two masters"), false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var lines []string
			for _, command := range tt.commands.For(tt.notice, tt.deleted) {
				lines = append(lines, strings.Join(command, " "))
			}
			if got := strings.Join(lines, "; "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCommandsKeepTheirArguments(t *testing.T) {
	c := Commands{Any: append(make([]string, 0, 8), "any")}
	first := c.For(vrrp.Notice{Name: "A", To: vrrp.Master}, false)
	c.For(vrrp.Notice{Name: "B", To: vrrp.Backup}, false)
	if got := strings.Join(first[0], " "); got != "any INSTANCE A MASTER 0" {
		t.Errorf("the first command became %q", got)
	}
}
