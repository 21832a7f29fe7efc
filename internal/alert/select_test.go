package alert

import (
	"slices"
	"testing"

	"github.com/ldirector/ldirector/internal/api"
)

func TestSelection(t *testing.T) {
	down := api.Event{Kind: "real_server_down", Warning: true}
	leaves := api.Event{Kind: "real_server_down"}
	up := api.Event{Kind: "real_server_up"}
	drains := api.Event{Kind: "real_server_drains"}
	for _, tt := range []struct {
		selected Selection
		event    api.Event
		want     bool
	}{
		{Selection{Warnings}, down, true},
		{Selection{Warnings}, leaves, false},
		{Selection{Warnings}, up, true},
		{Selection{Warnings}, drains, false},
		{Selection{Warnings}, api.Event{Kind: "vrrp_state"}, true},
		{Selection{Warnings, "real_server_drains"}, drains, true},
		{Selection{"real_server_down"}, leaves, true},
		{Selection{"real_server_down"}, up, false},
		{Selection{All}, drains, true},
	} {
		if got := tt.selected.wants(tt.event); got != tt.want {
			t.Errorf("%v, %+v: %t, want %t", tt.selected, tt.event, got, tt.want)
		}
	}
}

func TestGoodKindsAreKinds(t *testing.T) {
	for _, kind := range good() {
		if !slices.Contains(Kinds(), kind) {
			t.Errorf("%s is no kind", kind)
		}
	}
}

func TestChoice(t *testing.T) {
	down := api.Event{Kind: "real_server_down", Warning: true, VirtualServer: "web", RealServer: "192.0.2.31:80"}
	leaves := down
	leaves.Warning = false
	up := api.Event{Kind: "real_server_up", VirtualServer: "web", RealServer: "192.0.2.31:80"}
	lost := api.Event{Kind: "quorum_lost", Warning: true, VirtualServer: "web"}
	gained := api.Event{Kind: "quorum_gained", VirtualServer: "web"}
	sorry := api.Event{Kind: "sorry_server_in", Warning: true, VirtualServer: "web", RealServer: "127.0.0.1:80"}
	master := api.Event{Kind: "vrrp_state", Instance: "VI_1", Text: "MASTER, was BACKUP"}
	fault := api.Event{Kind: "vrrp_state", Instance: "VI_1", Warning: true, Text: "FAULT, was BACKUP"}
	group := api.Event{Kind: "vrrp_sync_group_state", Instance: "SG"}
	refused := api.Event{Kind: "reload_refused", Warning: true}
	reload := api.Event{Kind: "reload"}
	drains := api.Event{Kind: "real_server_drains", VirtualServer: "web", RealServer: "192.0.2.31:80"}

	defaults := Choice{RealServers: true}
	all := Choice{VRRP: true, VirtualServers: true, RealServers: true}
	none := Choice{Said: map[Object]bool{}}
	for _, tt := range []struct {
		name   string
		choice Choice
		wanted []api.Event
		not    []api.Event
	}{
		{"defaults", defaults, []api.Event{down, up, refused}, []api.Event{leaves, lost, gained, sorry, master, fault, group, reload, drains}},
		{"all", all, []api.Event{down, up, lost, gained, master, fault, group, refused}, []api.Event{leaves, sorry, reload, drains}},
		{"no faults", Choice{VRRP: true, NoFaults: true}, []api.Event{master}, []api.Event{fault}},
		{"instance", Choice{Said: map[Object]bool{{Instance: "VI_1"}: true}}, []api.Event{master, fault}, []api.Event{group, down}},
		{"group", Choice{Said: map[Object]bool{{Group: "SG"}: true}}, []api.Event{group}, []api.Event{master}},
		{"virtual server", Choice{Said: map[Object]bool{{VirtualServer: "web"}: true}}, []api.Event{lost, gained}, []api.Event{down, up}},
		{"but one real server", Choice{RealServers: true, Said: map[Object]bool{{VirtualServer: "web", RealServer: "192.0.2.31:80"}: false}}, nil, []api.Event{down, up}},
		{"none", none, []api.Event{refused}, []api.Event{down, lost, master}},
	} {
		for _, e := range tt.wanted {
			if !tt.choice.wants(e) {
				t.Errorf("%s: no mail for %+v", tt.name, e)
			}
		}
		for _, e := range tt.not {
			if tt.choice.wants(e) {
				t.Errorf("%s: mail for %+v", tt.name, e)
			}
		}
	}
}
