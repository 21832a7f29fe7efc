package vrrp

import (
	"strings"
	"testing"

	"github.com/ldirector/ldirector/internal/api"
)

func TestReloadMovesNothing(t *testing.T) {
	_, preferred, other := newPair(t, tempo, &ours{}, &ours{})
	first, err := preferred.instance()
	if err != nil {
		t.Fatal(err)
	}
	o := preferred.daemon.(*ours)
	base := o.config(preferred)
	replace := func(old, new string) string {
		if !strings.Contains(base, old) {
			t.Fatalf("no %q in\n%s", old, base)
		}
		return strings.Replace(base, old, new, 1)
	}
	const more = "10.99.1.101"
	tests := []struct {
		name, config string
		is           func(v api.VRRPInstance) bool
	}{
		{"address added", replace(`.100/24"`, `.100/24", "`+more+`/24"`), func(v api.VRRPInstance) bool {
			has, err := hasAddress(preferred.Host, more)
			return has && err == nil && len(v.Addresses) == 2
		}},
		{"address removed", base, func(v api.VRRPInstance) bool {
			has, err := hasAddress(preferred.Host, more)
			return !has && err == nil && len(v.Addresses) == 1
		}},
		{"priority", replace("priority = 150", "priority = 160"), func(v api.VRRPInstance) bool { return v.Priority == 160 }},
		{"script", replace("priority", "track_script = [\"yes\"]\n priority") +
			"vrrp_script \"yes\" {\n script = \"/bin/true\"\n weight = 7\n}", func(v api.VRRPInstance) bool { return v.Priority == 157 }},
		{"group", base + `vrrp_sync_group "SG" { group = ["VI_1"] }`, func(v api.VRRPInstance) bool {
			st, err := preferred.status()
			return err == nil && len(st.VRRPGroups) == 1 && st.VRRPGroups[0].State == "MASTER"
		}},
		{"as before", base, func(v api.VRRPInstance) bool { return v.Priority == 150 }},
	}
	for _, tt := range tests {
		preferred.reload(tt.config)
		preferred.await(tt.name, func(v api.VRRPInstance) bool {
			if v.State != "MASTER" || !v.Since.Equal(*first.Since) {
				t.Fatalf("%s: it is %+v, want it to stay MASTER since %v", tt.name, v, first.Since)
			}
			return tt.is(v)
		})
	}
	preferred.staysMaster(other)
	other.neverMaster()
}

func TestReloadRemovesInstance(t *testing.T) {
	s, preferred, other := newPair(t, slow, &ours{}, &ours{})
	w := s.watch()
	base := preferred.daemon.(*ours).config(preferred)
	preferred.reload(strings.NewReplacer("VI_1", "VI_2", "virtual_router_id = 51", "virtual_router_id = 52",
		"10.99.1.100", "10.99.1.120").Replace(base))
	other.awaitMaster(preferred)
	s.served(w)
	preferred.await("there is another instance", func(v api.VRRPInstance) bool { return v.Name == "VI_2" })
}
