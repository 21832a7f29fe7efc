package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/internal/config"
	"github.com/ldirector/ldirector/vrrp"
)

func TestNotifyCommands(t *testing.T) {
	n := config.Notify{
		Master: []string{"/m", "master"}, Backup: []string{"/b"}, Fault: []string{"/f"}, Stop: []string{"/s"},
		Any: []string{"/any", "x"},
	}
	any := func(state string) []string { return []string{"/any", "x", "INSTANCE", "VI_1", state, "100"} }
	tests := []struct {
		to   vrrp.State
		want [][]string
	}{
		{vrrp.Master, [][]string{{"/m", "master"}, any("MASTER")}},
		{vrrp.Backup, [][]string{{"/b"}, any("BACKUP")}},
		{vrrp.Fault, [][]string{{"/f"}, any("FAULT")}},
		{vrrp.Initialize, [][]string{{"/s"}, any("STOP")}},
	}
	for _, tt := range tests {
		got := commands(n, vrrp.Transition{Instance: "VI_1", To: tt.to, Priority: 100})
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.to, diff)
		}
	}
	if got := commands(config.Notify{}, vrrp.Transition{To: vrrp.Master}); got != nil {
		t.Errorf("without scripts: %q", got)
	}
}
