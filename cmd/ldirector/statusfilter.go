package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ldirector/ldirector/internal/api"
)

// stateWords are the states that status can be asked for.
func stateWords() []string {
	return []string{"up", "down", "unknown", "drained", "disabled", "master", "backup", "fault", "init"}
}

// A filter says which part of a status is wanted.
type filter struct {
	names  []string // of virtual servers, real servers, VRRP instances; none: all
	states []string // of real servers and VRRP instances; none: all
}

// check returns an error for states that there are not.
func (f filter) check() error {
	for _, state := range f.states {
		if !slices.Contains(stateWords(), strings.ToLower(state)) {
			return fmt.Errorf("there is no state %q: write one of %s", state, strings.Join(stateWords(), ", "))
		}
	}
	return nil
}

// apply leaves out of a status what is not wanted. A virtual server of which no
// real server is wanted is not wanted either.
func (f filter) apply(st api.Status) (api.Status, error) {
	if len(f.names)+len(f.states) == 0 {
		return st, nil
	}
	known := make(map[string]bool)
	servers, instances := []api.VirtualServer{}, []api.VRRPInstance{}
	for _, v := range st.VirtualServers {
		known[v.Name] = true
		whole := f.named(v.Name, v.Address)
		v.RealServers = slices.DeleteFunc(slices.Clone(v.RealServers), func(r api.RealServer) bool {
			known[r.Address] = true
			return !whole && !f.named(r.Address) || !f.inState(r.State)
		})
		if len(v.RealServers) > 0 || whole && len(f.states) == 0 {
			servers = append(servers, v)
		}
	}
	for _, i := range st.VRRPInstances {
		known[i.Name] = true
		if f.named(i.Name) && f.inState(i.State) {
			instances = append(instances, i)
		}
	}
	for _, name := range f.names {
		if !known[name] && !slices.ContainsFunc(st.VirtualServers, func(v api.VirtualServer) bool { return v.Address == name }) {
			return st, api.NotFound("virtual server, real server or VRRP instance", name, sortedKeys(known))
		}
	}
	st.VirtualServers, st.VRRPInstances = servers, instances
	st.VRRPGroups, st.ForeignRouters = []api.VRRPGroup{}, []api.ForeignRouter{}
	return st, nil
}

func (f filter) named(names ...string) bool {
	return len(f.names) == 0 || slices.ContainsFunc(names, func(name string) bool { return slices.Contains(f.names, name) })
}

func (f filter) inState(state string) bool {
	return len(f.states) == 0 || slices.ContainsFunc(f.states, func(s string) bool { return strings.EqualFold(s, state) })
}

func sortedKeys(set map[string]bool) []string {
	var keys []string
	for key := range set {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
