package vrrp

import (
	"encoding/json"
	"testing"

	"github.com/ldirector/ldirector/internal/api"
)

// do runs a command of the program, which must go well.
func (n *node) do(args ...string) {
	n.site.t.Helper()
	if out, code := n.Ldirector(args...); code != 0 {
		n.site.t.Errorf("%v: exit code %d\n%s", args, code, out)
	}
}

func TestReleaseAndPreempt(t *testing.T) {
	s, preferred, other := newPair(t, slow, &ours{}, &ours{})
	w := s.watch()
	preferred.do("vrrp", "release", "VI_1")
	other.awaitMaster(preferred)
	preferred.await("is released", func(v api.VRRPInstance) bool { return v.Released && v.State == "BACKUP" })
	s.served(w)
	preferred.do("vrrp", "preempt", "VI_1")
	preferred.awaitMaster(other)
	if v, err := preferred.instance(); err != nil || v.Released {
		t.Errorf("it is %+v (%v)", v, err)
	}
	preferred.do("vrrp", "release", "VI_1")
	other.awaitMaster(preferred)
	other.crash() // then the one that was released serves all the same
	preferred.awaitMaster(nil)
}

func TestPriorityCommand(t *testing.T) {
	_, preferred, other := newPair(t, tempo, &ours{}, &ours{})
	preferred.do("vrrp", "priority", "VI_1", "50")
	other.awaitMaster(preferred)
	preferred.await("has the other priority", func(v api.VRRPInstance) bool { return v.Priority == 50 && v.PriorityOverride == 50 })
	out, code := preferred.Ldirector("status", "--json")
	var st api.Status
	if err := json.Unmarshal([]byte(out), &st); err != nil || code != 0 || st.VRRPInstances[0].State != "BACKUP" || st.VRRPInstances[0].Priority != 50 {
		t.Errorf("status: exit code %d (%v)\n%s", code, err, out)
	}
	preferred.do("vrrp", "priority", "VI_1", "0")
	preferred.awaitMaster(other)
	preferred.await("has its own priority", func(v api.VRRPInstance) bool { return v.Priority == 150 && v.PriorityOverride == 0 })
}
