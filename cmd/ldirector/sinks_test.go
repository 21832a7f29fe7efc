package main

import (
	"slices"
	"testing"

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
