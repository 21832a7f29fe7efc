package alert

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/internal/api"
)

func at(second int) time.Time { return time.Date(2026, 1, 2, 3, 4, second, 0, time.UTC) }

func TestSubject(t *testing.T) {
	rs := api.Event{VirtualServer: "web", RealServer: "192.0.2.31:80", Text: "real server down: tcp_check: connection refused"}
	for _, tt := range []struct {
		kind  string
		event api.Event
		want  string
	}{
		{"real_server_down", rs, "real server 192.0.2.31:80 of web DOWN"},
		{"real_server_up", rs, "real server 192.0.2.31:80 of web UP"},
		{"real_server_has_a_warning", rs, "real server 192.0.2.31:80 of web has a warning"},
		{"quorum_lost", api.Event{VirtualServer: "web"}, "virtual server web DOWN"},
		{"quorum_not_reached", api.Event{VirtualServer: "web"}, "virtual server web DOWN"},
		{"quorum_gained", api.Event{VirtualServer: "web"}, "virtual server web UP"},
		{"vrrp_state", api.Event{Instance: "VI_1", Text: "MASTER, was BACKUP"}, "VRRP instance VI_1 MASTER"},
		{"vrrp_state", api.Event{Instance: "VI_1", Text: "INIT, was BACKUP"}, "VRRP instance VI_1 STOPPED"},
		{"vrrp_sync_group_state", api.Event{Instance: "SG", Text: "FAULT, was BACKUP"}, "VRRP sync group SG FAULT"},
		{"vrrp_conflict", api.Event{Instance: "VI_1", Text: "two masters"}, "VI_1: two masters"},
		{"reload_refused", api.Event{Text: "configuration refused, the old one stays: x"}, "configuration refused, the old one stays: x"},
		{"service_repaired", api.Event{VirtualServer: "web", Text: "repaired"}, "web: repaired"},
		{"real_server_down", api.Event{VirtualServer: "a\r\nBcc: x@y", RealServer: "b\x00\u2028c"}, "real server b  c of a  Bcc: x@y DOWN"},
		{"started", api.Event{Text: strings.Repeat("ä", 1000)}, strings.Repeat("ä", maxSubject-len("[lvs1] ")-1) + "…"},
	} {
		tt.event.Kind = tt.kind
		if got := subject("lvs1", batch{events: []api.Event{tt.event}}); got != "[lvs1] "+tt.want {
			t.Errorf("%s: %q, want %q", tt.kind, got, tt.want)
		}
	}
	many := batch{events: []api.Event{{Kind: "real_server_down"}, {Kind: "real_server_down"}, {Kind: "quorum_lost"}}, left: map[string]int{"quorum_lost": 9}}
	if got, want := subject("lvs1", many), "[lvs1] 12 changes: 10 quorum lost, 2 real server down"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestBody(t *testing.T) {
	m := newMessage("lvs1", batch{
		events: []api.Event{
			{Time: at(1), Kind: "real_server_down", Warning: true, VirtualServer: "web", RealServer: "192.0.2.31:80", Text: "real server down: tcp_check: connection\nrefused"},
			{Time: at(2), Kind: "quorum_lost", Warning: true, VirtualServer: "web", Text: "quorum lost"},
			{Time: at(3), Kind: "quorum_gained", VirtualServer: "mail", Text: "quorum gained"},
			{Time: at(4), Kind: "vrrp_state", Instance: "VI_1", Text: "MASTER, was BACKUP"},
		},
		left: map[string]int{"real_server_up": 3},
	})
	got := body(m, []Service{
		{Name: "other", QuorumUp: true},
		{Name: "mail", QuorumUp: true, LiveWeight: 4, Quorum: 2},
		{Name: "web", LiveWeight: 1, Quorum: 2, SorryActive: true},
	})
	want := `2026-01-02 03:04:01 +0000 !  192.0.2.31:80 of web: real server down: tcp_check: connection refused
2026-01-02 03:04:02 +0000 !  web: quorum lost
2026-01-02 03:04:03 +0000    mail: quorum gained
2026-01-02 03:04:04 +0000    VI_1: MASTER, was BACKUP
Before these, 3 changes were too many to be kept: 3 real server up

Now:
  web: DOWN, the sorry server is in (live weight 1, quorum 2)
  mail: up (live weight 4, quorum 2)

ldirector on lvs1; "ldirector status" has more.
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestBodyOfVeryMuch(t *testing.T) {
	var events []api.Event
	var services []Service
	for i := range 1000 {
		name := fmt.Sprintf("s%d", i)
		events = append(events, api.Event{Time: at(1), Kind: "quorum_lost", VirtualServer: name, Text: "quorum lost"})
		services = append(services, Service{Name: name, QuorumUp: i != 999})
	}
	got := body(newMessage("lvs1", batch{events: events}), services)
	for _, want := range []string{"s99: quorum lost\nand 900 more: 900 quorum lost\n", "Now:\n  s999: DOWN, below its quorum", "  and 900 more\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
	if lines := strings.Count(got, "\n"); lines > 250 {
		t.Errorf("%d lines", lines)
	}
}

func TestRouterIDIsTheHostsNameIfNoneIsGiven(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	if got := (Config{}).routerID(); got != host {
		t.Errorf("%q, want %q", got, host)
	}
}

func FuzzSubjectIsOneLine(f *testing.F) {
	f.Add("web\r\nBcc: a@b", "x\x00", "lvs\u0085")
	f.Fuzz(func(t *testing.T, name, text, router string) {
		for _, kind := range Kinds() {
			got := subject(router, batch{events: []api.Event{{Kind: kind, VirtualServer: name, Instance: name, RealServer: name, Text: text}}})
			if strings.ContainsAny(got, "\r\n\x00\u0085\u2028\u2029") || len([]rune(got)) > maxSubject {
				t.Errorf("%q", got)
			}
		}
	})
}
