package doctor

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/vrrp"
)

var update = flag.Bool("update", false, "write the golden files")

var (
	vip   = netip.MustParseAddr("192.0.2.100")
	vip6  = netip.MustParseAddr("2001:db8::100")
	real1 = netip.MustParseAddr("192.0.2.31")
	real2 = netip.MustParseAddr("192.0.2.32")
	peer  = netip.MustParseAddr("192.0.2.2")
)

// service is one with a real server.
func service(name string, addr netip.Addr, how ipvs.Forward) Service {
	return Service{
		Name: name, Keys: []ipvs.Key{ipvs.NewKey(ipvs.TCP, netip.AddrPortFrom(addr, 80))}, Scheduler: "wrr",
		RealServers: []RealServer{{Addr: netip.AddrPortFrom(real1, 80), Forward: how}},
	}
}

// healthyDirector is a director with one service, and the host it needs.
func healthyDirector(how ipvs.Forward) (Needs, Facts) {
	n := Needs{
		Role:     Director,
		Services: []Service{service("web", vip, how)},
		Routers: []vrrp.Config{{
			Name: "VI_1", Interface: "eth0", VRID: 51, Priority: 100, Version: 2, AdvertInterval: time.Second,
			Password: "1111", Addresses: []netip.Addr{vip},
		}},
		Virtual: map[netip.Addr]string{vip: "eth0"},
		Probes:  []Probe{{Target: netip.AddrPortFrom(real1, 80), Interval: 6 * time.Second, Timeout: 3 * time.Second}},
	}
	f := Facts{
		Sysctls: map[string]string{
			"net/ipv4/ip_forward": "1", "net/ipv6/conf/all/forwarding": "1", "net/ipv4/ip_local_port_range": "32768\t60999",
			"net/ipv4/vs/expire_nodest_conn": "1", "net/ipv4/vs/expire_quiescent_template": "1", "net/ipv4/vs/conntrack": "0",
		},
		Modules: map[string]ModuleState{"ip_vs": ModuleThere, "ip_vs_wrr": ModuleLoadable},
		Links: []Link{
			{Name: "lo", Up: true, MTU: 65536, Addresses: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/8")}},
			{Name: "eth0", Up: true, MTU: 1500, Addresses: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/24")}},
			{Name: "br0", Up: true, Bridge: true, MTU: 1500},
		},
		Routes:       map[netip.Addr]Route{real1: {Device: "eth0"}, real2: {Device: "eth0"}},
		Capabilities: ^uint64(0), Files: 1 << 20, ClockSynced: true,
		Owners: []Owner{{"eth0", vip, "02:00:00:00:00:02"}, {"eth0", real1, "02:00:00:00:00:31"}},
		Adverts: []Heard{{"eth0", peer, vrrp.Advertisement{
			Version: 2, VRID: 51, Priority: 90, Interval: time.Second, Addresses: []netip.Addr{vip},
			AuthType: vrrp.AuthPassword, AuthData: [8]byte{'1', '1', '1', '1'},
		}}},
	}
	return n, f
}

// healthyBackend is a back-end.
func healthyBackend(how ipvs.Forward) (Needs, Facts) {
	n := Needs{Role: Backend, Services: []Service{service("web", vip, how)}}
	f := Facts{
		Sysctls: map[string]string{
			"net/ipv4/conf/all/arp_ignore": "1", "net/ipv4/conf/all/arp_announce": "2",
			"net/ipv4/conf/all/rp_filter": "0", "net/ipv4/conf/tunl0/rp_filter": "2",
		},
		Links: []Link{
			{Name: "lo", Up: true, Addresses: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/8"), netip.PrefixFrom(vip, 32)}},
			{Name: "tunl0", Up: true, NoARP: true, Addresses: []netip.Prefix{netip.PrefixFrom(vip, 32)}},
			{Name: "eth0", Up: true, Addresses: []netip.Prefix{netip.PrefixFrom(real1, 24)}},
		},
		Routes:    map[netip.Addr]Route{vip: {Device: "lo", Local: true}},
		Listeners: []Listener{{Addr: netip.MustParseAddrPort("[::]:80")}},
	}
	return n, f
}

// chains reads rules of iptables.
func chains(t *testing.T, family, text string) []Chain {
	t.Helper()
	all, err := ParseIptables(text, family)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestHealthyHosts(t *testing.T) {
	for _, how := range []ipvs.Forward{ipvs.NAT, ipvs.DR} {
		if r := Examine(healthyDirector(how)); len(r.Findings) > 0 {
			t.Errorf("%s director: %+v", how, r.Findings)
		}
	}
	for _, how := range []ipvs.Forward{ipvs.DR, ipvs.Tunnel} {
		if r := Examine(healthyBackend(how)); len(r.Findings) > 0 {
			t.Errorf("%s back-end: %+v", how, r.Findings)
		}
	}
}

// An illness is a healthy host with one thing changed, and what is found.
type illness struct {
	name string
	how  ipvs.Forward
	do   func(t *testing.T, n *Needs, f *Facts)
	want string // lines "severity check: problem", "" for nothing
}

func (i illness) test(t *testing.T, healthy func(ipvs.Forward) (Needs, Facts)) {
	n, f := healthy(i.how)
	i.do(t, &n, &f)
	var got []string
	for _, f := range Examine(n, f).Findings {
		got = append(got, fmt.Sprintf("%s %s: %s", f.Severity, f.Check, f.Problem))
		for _, text := range []string{f.Breaks, f.See, f.Mend} {
			if text == "" {
				t.Errorf("%s leaves something open: %+v", f.Check, f)
			}
		}
	}
	if diff := cmp.Diff(i.want, strings.Join(got, "\n")); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestDirectorHost(t *testing.T) {
	tests := []illness{
		{"rival", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) { f.Rivals = []Rival{{"keepalived", 42}} },
			"error competing_daemon: keepalived (pid 42) is running"},
		{"no capabilities", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) { f.Capabilities = 0 },
			"error capabilities: this process has no CAP_NET_ADMIN and no CAP_NET_RAW"},
		{"no scheduler", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) { f.Modules["ip_vs_wrr"] = ModuleAbsent },
			"error module: the running kernel has no module ip_vs_wrr"},
		{"scheduler blocked", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) { f.Modules["ip_vs_wrr"] = ModuleBlocked },
			"error module: modprobe is told not to load ip_vs_wrr"},
		{"no more modules", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) { f.Locked = true },
			"error module: ip_vs_wrr is not loaded, and kernel.modules_disabled forbids to load it"},
		{"modules not to be seen", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) { f.Modules = nil }, ""},
		{"persistence engine and macvlan", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			n.Services[0].Engine, n.VMAC, n.Marks = "sip", true, true
			f.Modules["ip_vs_pe_sip"], f.Modules["macvlan"], f.Modules["nf_tables"] = ModuleAbsent, ModuleAbsent, ModuleAbsent
		}, "error module: the running kernel has no module ip_vs_pe_sip\nerror module: the running kernel has no module nf_tables\n" +
			"error module: the running kernel has no module macvlan"},
		{"read-only, nothing to set", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) { f.ReadOnly = true }, ""},
		{"read-only, sysctls", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			f.ReadOnly, n.Sysctls = true, map[string]int64{"sloppy_tcp": 1}
		}, "error read_only_sysctl: /proc/sys is read-only here"},
		{"read-only, via", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) { f.ReadOnly, n.Paths = true, []netip.Addr{real1} },
			"error read_only_sysctl: /proc/sys is read-only here"},
		{"read-only, via prepared", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			f.ReadOnly, n.Paths, f.Sysctls["net/ipv4/conf/eth0/accept_local"] = true, []netip.Addr{real1}, "1"
		}, ""},
		{"read-only, via with a strict filter", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			f.ReadOnly, n.Paths, f.Sysctls["net/ipv4/conf/eth0/accept_local"] = true, []netip.Addr{real1}, "1"
			f.Sysctls["net/ipv4/conf/all/rp_filter"] = "1"
		}, "error read_only_sysctl: /proc/sys is read-only here"},
		{"clock", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) { f.ClockSynced = false },
			"warning clock: this host's clock is not synchronised"},
		{"clock with auth_hmac", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			f.ClockSynced, n.Routers[0].HMAC = false, &vrrp.HMAC{}
		}, "error clock: this host's clock is not synchronised"},
		{"few descriptors", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			f.Files = 1024
			for i := range 1000 {
				n.Probes = append(n.Probes, Probe{netip.AddrPortFrom(real2, uint16(i+1)), time.Second, time.Second})
			}
		}, "warning file_descriptors: the limit of 1024 open files allows 256 probes at a time; this configuration has up to 1000 in flight when servers are silent"},
		{"many probes, many descriptors", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			for i := range 10000 {
				n.Probes = append(n.Probes, Probe{netip.AddrPortFrom(real2, uint16(i+1)), time.Second, time.Second})
			}
		}, ""},
		{"few ports", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			f.Sysctls["net/ipv4/ip_local_port_range"] = "32768\t33000"
			n.Probes[0].Interval = 100 * time.Millisecond
		}, "warning local_ports: net.ipv4.ip_local_port_range has 233 ports; probes of 192.0.2.31:80 alone may use 600 a minute"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, healthyDirector) })
	}
}

func TestDirectorNetwork(t *testing.T) {
	tests := []illness{
		{"address nowhere", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) { n.Virtual = nil },
			"error service_address: 192.0.2.100 of web is neither on this host nor among the addresses of a vrrp_instance"},
		{"no route", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) { f.Routes[real1] = Route{} },
			"error route: there is no route to the real server 192.0.2.31 (web)"},
		{"DR through a router", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) { f.Routes[real1] = Route{Device: "eth0", Gateway: peer} },
			"error dr_segment: the real server 192.0.2.31 (web) is behind the router 192.0.2.2, and lb_kind is DR"},
		{"NAT through a router", ipvs.NAT, func(_ *testing.T, n *Needs, f *Facts) { f.Routes[real1] = Route{Device: "eth0", Gateway: peer} }, ""},
		{"no forwarding", ipvs.NAT, func(_ *testing.T, n *Needs, f *Facts) { f.Sysctls["net/ipv4/ip_forward"] = "0" },
			"error ip_forward: net.ipv4.ip_forward is 0"},
		{"no forwarding for DR", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) { f.Sysctls["net/ipv4/ip_forward"] = "0" }, ""},
		{"no forwarding to this host", ipvs.NAT, func(_ *testing.T, n *Needs, f *Facts) {
			f.Sysctls["net/ipv4/ip_forward"], f.Routes[real1] = "0", Route{Device: "lo", Local: true}
		}, ""},
		{"no IPv6 forwarding", ipvs.NAT, func(_ *testing.T, n *Needs, f *Facts) {
			f.Sysctls["net/ipv6/conf/all/forwarding"] = "0"
			n.Virtual[vip6] = "eth0"
			n.Services[0].Keys = []ipvs.Key{ipvs.NewKey(ipvs.TCP, netip.AddrPortFrom(vip6, 80))}
			n.Services[0].RealServers[0].Addr = netip.MustParseAddrPort("[2001:db8::31]:80")
		}, "error ip_forward: net.ipv6.conf.all.forwarding is 0"},
		{"tunnel too narrow", ipvs.Tunnel, func(*testing.T, *Needs, *Facts) {},
			"warning tunnel_mtu: the way to the real server 192.0.2.31 (web) by eth0 has an MTU of 1500, and clients' packets of 1500 bytes need 1520 in the tunnel"},
		{"GUE too narrow", ipvs.Tunnel, func(_ *testing.T, n *Needs, f *Facts) {
			n.Services[0].RealServers[0].Tunnel = ipvs.Encapsulation{Type: ipvs.GUE, Port: 6080}
			f.Links = append(f.Links, Link{Name: "eth1", MTU: 1520})
			f.Routes[real1] = Route{Device: "eth1"}
		}, "warning tunnel_mtu: the way to the real server 192.0.2.31 (web) by eth1 has an MTU of 1520, and clients' packets of 1500 bytes need 1532 in the tunnel"},
		{"tunnel wide enough", ipvs.Tunnel, func(_ *testing.T, n *Needs, f *Facts) {
			f.Links = append(f.Links, Link{Name: "eth1", MTU: 1520})
			f.Routes[real1] = Route{Device: "eth1"}
		}, ""},
		{"narrow route", ipvs.Tunnel, func(_ *testing.T, n *Needs, f *Facts) {
			f.Links = append(f.Links, Link{Name: "eth1", MTU: 9000})
			f.Routes[real1] = Route{Device: "eth1", MTU: 1400}
		}, "warning tunnel_mtu: the way to the real server 192.0.2.31 (web) by eth1 has an MTU of 1400, and clients' packets of 1500 bytes need 1520 in the tunnel"},
		{"bridge", ipvs.NAT, func(_ *testing.T, n *Needs, f *Facts) {
			f.Sysctls["net/bridge/bridge-nf-call-iptables"], f.Routes[real1] = "1", Route{Device: "br0"}
		}, "warning bridge_nf_call: net.bridge.bridge-nf-call-iptables is 1, and the real server 192.0.2.31 is behind the bridge br0"},
		{"no bridge", ipvs.NAT, func(_ *testing.T, n *Needs, f *Facts) { f.Sysctls["net/bridge/bridge-nf-call-iptables"] = "1" }, ""},
		{"back-end answers", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			f.Owners = append(f.Owners, Owner{"eth0", vip, "02:00:00:00:00:31"})
		}, "error backend_answers_arp: the real server 192.0.2.31 (02:00:00:00:00:31) answers for the virtual address 192.0.2.100 on eth0"},
		{"two masters", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			f.Owners = append(f.Owners, Owner{"eth0", vip, "02:00:00:00:00:99"})
		}, "error address_conflict: 192.0.2.100 is on more than one host: 02:00:00:00:00:02, 02:00:00:00:00:99"},
		{"our address elsewhere", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			f.Links[1].Addresses = append(f.Links[1].Addresses, netip.PrefixFrom(vip, 24))
		}, "error address_conflict: 192.0.2.100 is on more than one host: this host (eth0) and 02:00:00:00:00:02"},
		{"real server of two addresses", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			f.Owners = append(f.Owners, Owner{"eth0", real1, "02:00:00:00:00:32"})
		}, ""},
		{"the other director is a real server", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			n.Services[0].RealServers[0].Addr = netip.AddrPortFrom(peer, 80)
			f.Owners = append(f.Owners, Owner{"eth0", peer, "02:00:00:00:00:02"})
		}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, healthyDirector) })
	}
}

func TestAdvertisementsHeard(t *testing.T) {
	tests := []illness{
		{"another VRID", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			f.Adverts[0].Advert.VRID, f.Adverts[0].Advert.Version = 52, 3
		}, ""},
		{"another interface", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			f.Adverts[0].Device, f.Adverts[0].Advert.Version = "eth1", 3
		}, ""},
		{"VRID taken", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) { f.Adverts[0].Advert.Addresses = []netip.Addr{real2} },
			"error vrrp_duplicate_id: 192.0.2.2 on eth0 advertises virtual_router_id 51, that of VI_1, for other addresses: 192.0.2.32"},
		{"other version", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) { f.Adverts[0].Advert.Version = 3 },
			"error vrrp_peer: 192.0.2.2 on eth0 advertises virtual_router_id 51, that of VI_1, in version 3, where this configuration has version 2"},
		{"other interval", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) { f.Adverts[0].Advert.Interval = 2 * time.Second },
			"error vrrp_peer: 192.0.2.2 on eth0 advertises virtual_router_id 51, that of VI_1, with advert_int 2s, where this configuration has 1s"},
		{"other password", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) { f.Adverts[0].Advert.AuthData[0] = '2' },
			"error vrrp_peer: 192.0.2.2 on eth0 advertises virtual_router_id 51, that of VI_1, with another authentication or password"},
		{"no password", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) { n.Routers[0].Password = "" },
			"error vrrp_peer: 192.0.2.2 on eth0 advertises virtual_router_id 51, that of VI_1, with another authentication or password"},
		{"one address more", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			f.Adverts[0].Advert.Addresses = []netip.Addr{real2, vip}
		}, "warning vrrp_peer: 192.0.2.2 on eth0 advertises virtual_router_id 51, that of VI_1, with other addresses: 192.0.2.100, 192.0.2.32 there, 192.0.2.100 here"},
		{"version 3 adopts intervals", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			n.Routers[0].Version, n.Routers[0].Password = 3, ""
			f.Adverts[0].Advert.Version, f.Adverts[0].Advert.Interval = 3, 100*time.Millisecond
		}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, healthyDirector) })
	}
}

func TestKernelSettings(t *testing.T) {
	const nodest, quiescent = "net/ipv4/vs/expire_nodest_conn", "net/ipv4/vs/expire_quiescent_template"
	tests := []illness{
		{"nodest alone", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) { f.Sysctls[nodest] = "0" }, ""},
		{"nodest and persistence", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			f.Sysctls[nodest], n.Services[0].Persistent = "0", true
		}, "warning expire_nodest_conn: net.ipv4.vs.expire_nodest_conn is 0"},
		{"nodest and UDP", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			f.Sysctls[nodest], n.Services[0].Keys[0].Protocol = "0", ipvs.UDP
		}, "warning expire_nodest_conn: net.ipv4.vs.expire_nodest_conn is 0"},
		{"nodest and one-packet", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			f.Sysctls[nodest], n.Services[0].Keys[0].Protocol, n.Services[0].OnePacket = "0", ipvs.UDP, true
		}, ""},
		{"nodest set by the configuration", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			f.Sysctls[nodest], n.Services[0].Persistent, n.Sysctls = "0", true, map[string]int64{"expire_nodest_conn": 1}
		}, ""},
		{"quiescent alone", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) { f.Sysctls[quiescent] = "0" }, ""},
		{"quiescent and persistence", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			f.Sysctls[quiescent], n.Services[0].Persistent = "0", true
		}, "warning expire_quiescent_template: net.ipv4.vs.expire_quiescent_template is 0"},
		{"quiescent and inhibit", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			f.Sysctls[quiescent], n.Services[0].Persistent, n.Services[0].RealServers[0].Inhibit = "0", true, true
		}, "error expire_quiescent_template: net.ipv4.vs.expire_quiescent_template is 0"},
		{"masquerade", ipvs.NAT, func(t *testing.T, n *Needs, f *Facts) {
			f.Chains = chains(t, "ip", "*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -o eth0 -j MASQUERADE\nCOMMIT\n")
		}, "warning conntrack: net.ipv4.vs.conntrack is 0, and chain POSTROUTING of table ip nat translates sources: -o eth0 -j MASQUERADE"},
		{"masquerade and DR", ipvs.DR, func(t *testing.T, n *Needs, f *Facts) {
			f.Chains = chains(t, "ip", "*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -o eth0 -j MASQUERADE\nCOMMIT\n")
		}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, healthyDirector) })
	}
}

func TestBackend(t *testing.T) {
	at := func(f *Facts, name string) *Link { return f.link(name) }
	tests := []illness{
		{"serves nothing", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) { at(f, "eth0").Addresses = nil },
			"error serves_nothing: no real_server of the configuration has an address of this host"},
		{"no address", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			at(f, "lo").Addresses, at(f, "tunl0").Addresses, f.Routes = nil, nil, nil
		}, "error backend_address: 192.0.2.100 is not on this host"},
		{"local route", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			at(f, "lo").Addresses, at(f, "tunl0").Addresses = nil, nil
		}, ""},
		{"address on eth0", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			at(f, "lo").Addresses, at(f, "tunl0").Addresses = nil, nil
			at(f, "eth0").Addresses = append(at(f, "eth0").Addresses, netip.PrefixFrom(vip, 24))
		}, "error backend_address: 192.0.2.100 is on eth0, which answers ARP for it whatever arp_ignore says"},
		{"network on lo", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			at(f, "lo").Addresses = []netip.Prefix{netip.PrefixFrom(vip, 24)}
		}, "error backend_address: 192.0.2.100 is on lo with a prefix of 24 bits"},
		{"answers ARP", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) { f.Sysctls["net/ipv4/conf/all/arp_ignore"] = "0" },
			"error arp_ignore: arp_ignore is not 1 on eth0 (0)"},
		{"quiet on its interface", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			f.Sysctls["net/ipv4/conf/all/arp_ignore"], f.Sysctls["net/ipv4/conf/eth0/arp_ignore"] = "0", "2"
		}, ""},
		{"announces", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) { f.Sysctls["net/ipv4/conf/all/arp_announce"] = "1" },
			"error arp_announce: arp_announce is not 2 on eth0 (1)"},
		{"no tunnel device", ipvs.Tunnel, func(_ *testing.T, n *Needs, f *Facts) { at(f, "tunl0").Name = "tunl1" },
			"error tunnel_device: the tunnel device tunl0 does not exist"},
		{"tunnel down", ipvs.Tunnel, func(_ *testing.T, n *Needs, f *Facts) { at(f, "tunl0").Up = false },
			"error tunnel_device: the tunnel device tunl0 is down"},
		{"GRE", ipvs.Tunnel, func(_ *testing.T, n *Needs, f *Facts) { n.Services[0].RealServers[0].Tunnel.Type = ipvs.GRE },
			"error tunnel_device: the tunnel device gre0 does not exist"},
		{"strict filter", ipvs.Tunnel, func(_ *testing.T, n *Needs, f *Facts) {
			f.Sysctls["net/ipv4/conf/all/rp_filter"], f.Sysctls["net/ipv4/conf/tunl0/rp_filter"] = "1", "0"
		}, "error tunnel_rp_filter: rp_filter of tunl0 is 1 (strict): the greater value of conf.all and conf.tunl0 counts"},
		{"loose filter without an address", ipvs.Tunnel, func(_ *testing.T, n *Needs, f *Facts) { at(f, "tunl0").Addresses = nil },
			"error tunnel_rp_filter: rp_filter of tunl0 is 2 (loose) and it has no IPv4 address, without which that drops all there is"},
		{"no filter", ipvs.Tunnel, func(_ *testing.T, n *Needs, f *Facts) {
			f.Sysctls["net/ipv4/conf/tunl0/rp_filter"], at(f, "tunl0").Addresses = "0", nil
		}, ""},
		{"listens elsewhere", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			f.Listeners = []Listener{{Addr: netip.AddrPortFrom(real1, 80)}, {UDP: true, Addr: netip.MustParseAddrPort("0.0.0.0:80")}}
		}, "error listener: nothing listens at 192.0.2.100:80 (but at 192.0.2.31)"},
		{"listens at the virtual address", ipvs.DR, func(_ *testing.T, n *Needs, f *Facts) {
			f.Listeners = []Listener{{Addr: netip.AddrPortFrom(vip, 80)}}
		}, ""},
		{"NAT needs nothing", ipvs.NAT, func(_ *testing.T, n *Needs, f *Facts) {
			f.Sysctls, f.Listeners, at(f, "lo").Addresses, at(f, "tunl0").Addresses = nil, []Listener{}, nil, nil
		}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, healthyBackend) })
	}
}

// TestText compares what people read with a golden file.
func TestText(t *testing.T) {
	n, f := healthyDirector(ipvs.NAT)
	f.Sysctls["net/ipv4/ip_forward"], f.ClockSynced = "0", false
	f.Rivals = []Rival{{"keepalived", 42}}
	f.Owners = append(f.Owners, Owner{"eth0", vip, "02:00:00:00:00:31"})
	f.Chains = chains(t, "ip", "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT\nCOMMIT\n")
	f.Unseen = []string{"kernel modules: there is no /lib/modules"}
	var b strings.Builder
	if err := Examine(n, f).WriteText(&b); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "report.txt")
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}
