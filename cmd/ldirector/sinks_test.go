package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/internal/alert"
	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/vrrp"
)

// TestAlertsKnowAllKinds: there is no event that cannot be selected, and no word
// for one that does not come.
func TestAlertsKnowAllKinds(t *testing.T) {
	kinds := map[string]bool{"started": true, "command": true} // of the daemon and the API
	for k := director.ServerUp; k.String() != "unknown event"; k++ {
		if e, news := serviceEvent(director.Event{Kind: k}); news {
			kinds[e.Kind] = true
		}
	}
	for k := vrrp.StateChanged; k <= vrrp.ConflictOver; k++ {
		for _, group := range []bool{false, true} {
			if e, news := routerEvent(vrrp.Notice{Kind: k, Group: group}); news {
				kinds[e.Kind] = true
			}
		}
	}
	kinds[reloadEvent(api.Reload{}, nil).Kind] = true
	kinds[reloadEvent(api.Reload{}, errStopping).Kind] = true
	var want []string
	for kind := range kinds {
		want = append(want, kind)
	}
	slices.Sort(want)
	got := slices.Sorted(slices.Values(alert.Kinds()))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("kinds (-events +alerts):\n%s", diff)
	}
}

func TestStatusTellsOfSinksThatFail(t *testing.T) {
	since := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var out strings.Builder
	err := printStatus(&out, api.Status{Sinks: []api.Sink{
		{Kind: "webhook", Name: "chat", Delivered: 5},
		{Kind: "email", Waiting: 12, Dropped: 3, FailingSince: &since, Error: "connection refused"},
		{Kind: "fifo", Name: "/run/fifo", Waiting: 1, FailingSince: &since, Error: "nobody reads /run/fifo"},
	}}, since.Add(3*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	want := `EMAIL DOES NOT HEAR OF EVENTS since 3m0s: connection refused (12 wait, 3 dropped)

FIFO /run/fifo DOES NOT HEAR OF EVENTS since 3m0s: nobody reads /run/fifo (1 wait, 0 dropped)

`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
