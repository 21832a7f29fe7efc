package main

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/plan"
	"github.com/ldirector/ldirector/vrrp"
)

func TestServiceEvents(t *testing.T) {
	rs := netip.MustParseAddrPort("192.0.2.31:80")
	for _, tt := range []struct {
		e    director.Event
		want api.Event
	}{
		{director.Event{Kind: director.ServerDown, VirtualServer: "web", RealServer: rs, Reason: "tcp_check: timeout", First: true},
			api.Event{Kind: "real_server_down", Warning: true, VirtualServer: "web", RealServer: "192.0.2.31:80", Text: "real server down: tcp_check: timeout"}},
		{director.Event{Kind: director.ServerUp, VirtualServer: "web", RealServer: rs},
			api.Event{Kind: "real_server_up", VirtualServer: "web", RealServer: "192.0.2.31:80", Text: "real server up"}},
		{director.Event{Kind: director.ServerUp, First: true}, api.Event{}},
		{director.Event{Kind: director.ServerWeight, Reason: "5"}, api.Event{}},
		{director.Event{Kind: director.QuorumLost, VirtualServer: "web"},
			api.Event{Kind: "quorum_lost", Warning: true, VirtualServer: "web", Text: "quorum lost"}},
		{director.Event{Kind: director.ServerWeightSet, VirtualServer: "web", RealServer: netip.AddrPortFrom(rs.Addr(), 0), Reason: "5"},
			api.Event{Kind: "real_server_has_a_weight_by_command", VirtualServer: "web", RealServer: "192.0.2.31", Text: "real server has a weight by command: 5"}},
	} {
		got, news := serviceEvent(tt.e)
		if diff := cmp.Diff(tt.want, got); diff != "" || news != (tt.want.Kind != "") {
			t.Errorf("%s: news %t (-want +got):\n%s", tt.e.Kind, news, diff)
		}
	}
}

func TestRouterEvents(t *testing.T) {
	at := time.Unix(7, 0)
	for _, tt := range []struct {
		n    vrrp.Notice
		want api.Event
	}{
		{vrrp.Notice{Kind: vrrp.StateChanged, Name: "VI_1", From: vrrp.Backup, To: vrrp.Master, At: at},
			api.Event{Kind: "vrrp_state", Time: at, Instance: "VI_1", Text: "MASTER, was BACKUP"}},
		{vrrp.Notice{Kind: vrrp.StateChanged, Group: true, Name: "SG", From: vrrp.Backup, To: vrrp.Fault, At: at},
			api.Event{Kind: "vrrp_sync_group_state", Warning: true, Time: at, Instance: "SG", Text: "FAULT, was BACKUP"}},
		{vrrp.Notice{Kind: vrrp.HeardLower, Name: "VI_1"}, api.Event{}},
		{vrrp.Notice{Kind: vrrp.PriorityChanged, Name: "VI_1", Priority: 90}, api.Event{Kind: "vrrp_priority", Instance: "VI_1", Text: "priority 90"}},
		{vrrp.Notice{Kind: vrrp.Conflict, Name: "VI_1", Text: "two"}, api.Event{Kind: "vrrp_conflict", Warning: true, Instance: "VI_1", Text: "two"}},
	} {
		got, news := routerEvent(tt.n)
		if diff := cmp.Diff(tt.want, got); diff != "" || news != (tt.want.Kind != "") {
			t.Errorf("%v: news %t (-want +got):\n%s", tt.n, news, diff)
		}
	}
}

func TestReloadEvents(t *testing.T) {
	done := api.Reload{Plan: plan.New(director.Plan{}), Problems: []string{"no socket"}}
	done.Plan.VRRPInstances = []plan.Instance{{Action: plan.Create, Name: "VI_1"}}
	if got, want := reloadEvent(done, nil), "configuration loaded: 1 added, 0 changed, 0 removed; not completely in force yet: no socket"; got.Text != want || !got.Warning {
		t.Errorf("got %+v, want %s", got, want)
	}
	if got, want := reloadEvent(api.Reload{}, errors.New("Error: x\n\n on a.hcl")), "configuration refused, the old one stays: Error: x"; got.Text != want || !got.Warning {
		t.Errorf("got %+v, want %s", got, want)
	}
}
