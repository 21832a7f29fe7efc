package doctor

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/ldirector/ldirector/vrrp"
)

// Facts are what there is to know of a host. A part that could not be looked at
// is empty and named in Unseen.
type Facts struct {
	Sysctls  map[string]string // by name with slashes, "net/ipv4/ip_forward"
	ReadOnly bool              // /proc/sys cannot be written, as in a container

	Modules map[string]ModuleState
	Locked  bool // no module can be loaded any more (kernel.modules_disabled)

	Links     []Link
	Routes    map[netip.Addr]Route // towards real servers
	Listeners []Listener
	Chains    []Chain // of the firewall

	Rivals       []Rival // other directors in this network namespace
	Capabilities uint64  // effective ones, see capabilities(7)
	Files        uint64  // greatest number of descriptors of the daemon
	ClockSynced  bool

	Owners  []Owner // who says to have which address
	Adverts []Heard // advertisements of other virtual routers

	Unseen []string
}

// A ModuleState says whether a kernel module can be used.
type ModuleState string

// The states of a module.
const (
	ModuleUnknown  ModuleState = ""         // the modules of the running kernel are not to be seen
	ModuleThere    ModuleState = "there"    // loaded, or part of the kernel
	ModuleLoadable ModuleState = "loadable" // the kernel loads it when it is used
	ModuleBlocked  ModuleState = "blocked"  // modprobe.d(5) replaces its loading
	ModuleAbsent   ModuleState = "absent"
)

// A Link is a network interface.
type Link struct {
	Name      string
	Up        bool
	NoARP     bool
	Bridge    bool   // it is one
	Master    string // bridge or bond that it is a part of
	MTU       int
	Addresses []netip.Prefix
}

// A Route is the way to a real server.
type Route struct {
	Device  string     // "": there is no route
	Gateway netip.Addr // not valid: on the same segment
	MTU     int        // of the route, 0: the device's
	Local   bool       // it is this host
}

// A Listener is a socket that waits for clients.
type Listener struct {
	UDP  bool
	Addr netip.AddrPort // the unspecified address: any; that of IPv6 takes IPv4 in, too
}

// A Rival is another director.
type Rival struct {
	Name string // "keepalived"
	Pid  int
}

// An Owner is an answer to the question who has an address.
type Owner struct {
	Device  string
	Address netip.Addr
	MAC     string
}

// A Heard advertisement is one of another router.
type Heard struct {
	Device string
	Source netip.Addr
	Advert vrrp.Advertisement
}

// number returns a sysctl; ok is false if it was not to be read.
func (f *Facts) number(name string) (n int, ok bool) {
	n, err := strconv.Atoi(f.Sysctls[name])
	return n, err == nil
}

// effective returns a sysctl of an interface for which the kernel takes the
// greater one of the interface's and all's (IN_DEV_MAXCONF).
func (f *Facts) effective(device, name string) int {
	own, _ := f.number("net/ipv4/conf/" + device + "/" + name)
	all, _ := f.number("net/ipv4/conf/all/" + name)
	return max(own, all)
}

// link returns an interface, nil if there is none of that name.
func (f *Facts) link(name string) *Link {
	for i := range f.Links {
		if f.Links[i].Name == name {
			return &f.Links[i]
		}
	}
	return nil
}

// has returns the interface that has the address, nil if none has.
func (f *Facts) has(addr netip.Addr) *Link {
	for i := range f.Links {
		for _, p := range f.Links[i].Addresses {
			if p.Addr() == addr {
				return &f.Links[i]
			}
		}
	}
	return nil
}

// dotted is the name of a sysctl as sysctl(8) writes it: dots in names of
// interfaces become slashes.
func dotted(name string) string {
	return strings.NewReplacer("/", ".", ".", "/").Replace(name)
}

// setSysctl says how to set one now and for ever.
func setSysctl(name, value string) string {
	return "sysctl -w " + dotted(name) + "=" + value + ", and the same line in a file in /etc/sysctl.d/ for the next boot"
}
