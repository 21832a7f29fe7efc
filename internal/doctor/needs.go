package doctor

import (
	"net/netip"
	"slices"
	"time"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/internal/config"
	"github.com/ldirector/ldirector/vrrp"
)

// A Role is what a host is in the cluster.
type Role string

// The roles.
const (
	Director Role = "director"
	Backend  Role = "realserver"
)

// Needs are what a configuration asks of its hosts.
type Needs struct {
	Role     Role
	Services []Service
	Routers  []vrrp.Config
	// Virtual are the addresses of the routers, advertised or not, by address.
	Virtual map[netip.Addr]string // the interface
	VMAC    bool                  // some router has a virtual MAC address
	Marks   bool                  // nftables rules set firewall marks
	Paths   []netip.Addr          // real servers that are probed through the forwarding path
	Sysctls map[string]int64      // that the daemon sets, below net.ipv4.vs
	Probes  []Probe
}

// A Service is one virtual server.
type Service struct {
	Name        string
	Keys        []ipvs.Key
	Scheduler   string
	Engine      string // persistence engine
	Persistent  bool
	OnePacket   bool
	RealServers []RealServer
}

// A RealServer is one of a Service.
type RealServer struct {
	Addr    netip.AddrPort // port 0: the service's
	Forward ipvs.Forward
	Tunnel  ipvs.Encapsulation
	Inhibit bool // inhibit_on_failure
}

// A Probe is a question that is asked again and again.
type Probe struct {
	Target            netip.AddrPort
	Interval, Timeout time.Duration
}

// NeedsOf returns what the configuration asks of a host with the role.
func NeedsOf(cfg *config.Config, role Role) Needs {
	n := Needs{Role: role, Virtual: make(map[netip.Addr]string), Marks: len(cfg.Marks) > 0, Sysctls: cfg.IPVS.Sysctl}
	probes := make(map[healthcheck.Check]bool)
	for i := range cfg.Director.VirtualServers {
		v := &cfg.Director.VirtualServers[i]
		if v.Hidden {
			n.Paths = append(n.Paths, v.RealServers[0].Destination.Addr.Addr())
			continue
		}
		n.Services = append(n.Services, serviceOf(v))
		for _, rs := range v.RealServers {
			for _, c := range rs.Checks {
				probes[c] = true
			}
		}
	}
	for c := range probes {
		s := c.Spec()
		n.Probes = append(n.Probes, Probe{Target: s.Target.Addr, Interval: s.Timing.Interval, Timeout: s.Timing.Timeout})
	}
	for _, i := range cfg.VRRP.Instances {
		n.Routers = append(n.Routers, i.Config)
		n.VMAC = n.VMAC || i.Master.VMAC != nil
		for _, a := range slices.Concat(i.Master.Addresses, i.Master.Excluded) {
			device := a.Device
			if v := i.Master.VMAC; v != nil && v.Name == device {
				device = v.Base // where neighbours hear it, and there also while the router is no master
			}
			n.Virtual[a.Prefix.Addr()] = device
		}
	}
	return n
}

func serviceOf(v *director.VirtualServer) Service {
	s := Service{
		Name: v.Name, Keys: v.Keys, Scheduler: v.Scheduler, Engine: v.PersistenceEngine,
		Persistent: v.PersistenceTimeout > 0 || v.Flags&ipvs.Persistent != 0, OnePacket: v.Flags&ipvs.OnePacket != 0,
	}
	if s.Name == "" {
		s.Name = v.Keys[0].String()
	}
	for _, rs := range v.RealServers {
		d := rs.Destination
		s.RealServers = append(s.RealServers, RealServer{Addr: d.Addr, Forward: d.Forward, Tunnel: d.Tunnel, Inhibit: rs.InhibitOnFailure})
	}
	return s
}

// named returns the names of the services that are so.
func (n *Needs) named(so func(Service) bool) []string {
	var names []string
	for _, s := range n.Services {
		if so(s) {
			names = append(names, s.Name)
		}
	}
	return names
}

// forwards reports whether one of the service's real servers is reached in that
// way and meets a condition; nil for none.
func (s Service) forwards(how ipvs.Forward, so func(RealServer) bool) bool {
	return slices.ContainsFunc(s.RealServers, func(rs RealServer) bool {
		return rs.Forward == how && (so == nil || so(rs))
	})
}

// sysctl returns what a setting below net.ipv4.vs will be while the daemon runs;
// ok is false if that is not known.
func (n *Needs) sysctl(f *Facts, name string) (value int, ok bool) {
	if v, set := n.Sysctls[name]; set {
		return int(v), true
	}
	return f.number("net/ipv4/vs/" + name)
}

// addresses returns the addresses of the services, each once.
func (s Service) addresses() []netip.Addr {
	var all []netip.Addr
	for _, k := range s.Keys {
		if k.FWMark == 0 && !slices.Contains(all, k.Addr) {
			all = append(all, k.Addr)
		}
	}
	return all
}

// realServers returns the addresses of all real servers, each once, in order.
func (n *Needs) realServers() []netip.Addr {
	var all []netip.Addr
	for _, s := range n.Services {
		for _, rs := range s.RealServers {
			all = append(all, rs.Addr.Addr())
		}
	}
	slices.SortFunc(all, netip.Addr.Compare)
	return slices.Compact(all)
}
