package status

import (
	"maps"
	"net"
	"slices"
	"strings"

	"github.com/ldirector/ldirector/internal/api"
)

// States are those that a [Filter] knows.
func States() []string {
	return []string{"up", "down", "unknown", "drained", "disabled", "master", "backup", "fault", "init"}
}

// A Filter says which part of a status is wanted.
type Filter struct {
	Names  []string // of virtual servers, real servers (the port may be left out), VRRP instances; none: all
	States []string // of real servers and VRRP instances; none: all
}

// Check returns an error for a name of which there is nothing in st.
func (f Filter) Check(st api.Status) error {
	if len(f.Names) == 0 {
		return nil
	}
	known := make(map[string]bool)
	for _, v := range st.VirtualServers {
		known[v.Name], known[v.Address] = true, true
		for _, r := range v.RealServers {
			known[r.Address] = true
			if host, _, err := net.SplitHostPort(r.Address); err == nil {
				known[host] = true
			}
		}
	}
	for _, i := range st.VRRPInstances {
		known[i.Name] = true
	}
	for _, name := range f.Names {
		if !known[name] && !machine(st, name) {
			return api.NotFound("virtual server, real server or VRRP instance", name, slices.Sorted(maps.Keys(known)))
		}
	}
	return nil
}

// machine reports whether a real server has the address.
func machine(st api.Status, address string) bool {
	_, err := st.Everywhere(address)
	return err == nil
}

// CheckStates returns an error for states that there are not.
func (f Filter) CheckStates() error {
	for _, state := range f.States {
		if !slices.Contains(States(), strings.ToLower(state)) {
			return api.NotFound("state", state, States())
		}
	}
	return nil
}

// Apply leaves out of a status what is not wanted. A virtual server of which no
// real server is wanted is not wanted either.
func (f Filter) Apply(st api.Status) api.Status {
	if len(f.Names)+len(f.States) == 0 {
		return st
	}
	servers, instances := []api.VirtualServer{}, []api.VRRPInstance{}
	for _, v := range st.VirtualServers {
		whole := f.named(v.Name, v.Address)
		v.RealServers = slices.DeleteFunc(slices.Clone(v.RealServers), func(r api.RealServer) bool {
			return !whole && !f.at(r.Address) || !f.inState(r.State)
		})
		if len(v.RealServers) > 0 || whole && len(f.States) == 0 {
			servers = append(servers, v)
		}
	}
	for _, i := range st.VRRPInstances {
		if f.named(i.Name) && f.inState(i.State) {
			instances = append(instances, i)
		}
	}
	st.VirtualServers, st.VRRPInstances = servers, instances
	st.VRRPGroups, st.ForeignRouters = []api.VRRPGroup{}, []api.ForeignRouter{}
	return st
}

func (f Filter) named(names ...string) bool {
	return len(f.Names) == 0 || slices.ContainsFunc(names, func(name string) bool { return slices.Contains(f.Names, name) })
}

// at reports whether a real server's address is wanted.
func (f Filter) at(address string) bool {
	return slices.ContainsFunc(f.Names, func(name string) bool { return name == address || api.SameHost(address, name) })
}

func (f Filter) inState(state string) bool {
	return len(f.States) == 0 || slices.ContainsFunc(f.States, func(s string) bool { return strings.EqualFold(s, state) })
}
