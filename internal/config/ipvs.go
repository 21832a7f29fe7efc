package config

import (
	"math/big"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/internal/syncdaemon"
)

// IPVS is what concerns the kernel's table as a whole (block ipvs).
type IPVS struct {
	// Timeouts of connections; a zero one is left as it is.
	Timeouts ipvs.Timeouts
	// Sysctl are settings below net.ipv4.vs, by their names there.
	Sysctl map[string]int64
	// SyncDaemon says how connections are shared with other directors; nil:
	// not at all (keepalived: lvs_sync_daemon).
	SyncDaemon *syncdaemon.Config
}

// decodeIPVS reads the block ipvs, b; without one the defaults hold. The
// vrrp_instances have been read.
func (l *loader) decodeIPVS(b *hcl.Block) {
	c := l.openOrDefault(b, l.root.child("ipvs"))
	l.config.Director.Resync, _ = c.duration("resync")
	l.config.Director.Exclusive, _ = c.boolean("exclusive")
	if onExit, _ := c.text("on_exit"); onExit == "keep" {
		l.config.Director.OnExit = director.KeepOnExit
	}
	l.config.IPVS.Timeouts = ipvs.Timeouts{
		TCP:    c.seconds("tcp_timeout"),
		TCPFin: c.seconds("tcp_fin_timeout"),
		UDP:    c.seconds("udp_timeout"),
	}
	l.config.IPVS.Sysctl = c.sysctl("sysctl")
	if daemon := c.one("sync_daemon"); daemon != nil {
		l.decodeSyncDaemon(daemon, c.spec.child("sync_daemon"))
	}
}

// seconds returns a duration that is counted in whole seconds, 0 if it is not
// given or wrong.
func (c *content) seconds(name string) time.Duration {
	d, _ := c.duration(name)
	if d%time.Second != 0 {
		c.bad(name, "Not in whole seconds", "%s is %s; it is counted in whole seconds. Write \"%ds\".", name, d, max(1, d/time.Second))
		return 0
	}
	return d
}

// sysctl returns the value of an argument that holds kernel settings.
func (c *content) sysctl(name string) map[string]int64 {
	value, ok := c.lookup(name)
	if !ok || value.LengthInt() == 0 {
		return nil
	}
	known := sysctls()
	settings := make(map[string]int64)
	for key, v := range value.AsValueMap() {
		if v.IsNull() {
			continue
		}
		at := element{at: c.entryPlace(name, key)}
		i := slices.IndexFunc(known, func(s sysctl) bool { return s.name == key })
		if i < 0 {
			c.badSysctl(name, key, at, known)
			continue
		}
		n, accuracy := v.AsBigFloat().Int64()
		if accuracy != big.Exact || n < known[i].low || n > known[i].high {
			c.badElement(name, at, "Number out of range", "%s: %s is %s. The kernel takes whole numbers from %d to %d.",
				name, key, v.AsBigFloat().Text('g', 12), known[i].low, known[i].high)
			continue
		}
		if key == "sync_ports" && n&(n-1) != 0 {
			c.badElement(name, at, "Number out of range", "%s: sync_ports is %d. The kernel takes powers of two: 1, 2, 4, 8, 16, 32 or 64.", name, n)
			continue
		}
		settings[key] = n
	}
	return settings
}

// badSysctl reports a setting that cannot be made.
func (c *content) badSysctl(name, key string, at element, known []sysctl) {
	var names []string
	for _, s := range known {
		names = append(names, s.name)
	}
	similar := suggest(key, names)
	if i := slices.IndexFunc(names, func(n string) bool { return len(key) > 3 && strings.HasPrefix(n, key) }); similar == "" && i >= 0 {
		similar = names[i]
	}
	switch {
	case key == "sync_threshold" || key == "est_cpulist":
		c.badElement(name, at, "Unsupported sysctl", "%s: net.ipv4.vs.%s holds more than one number. Set it with sysctl(8).", name, key)
	case strings.ContainsAny(key, "./"):
		c.badElement(name, at, "Unknown sysctl", "%s: %q is not a name below net.ipv4.vs. Write the last part alone; other settings belong into sysctl.d(5).", name, key)
	case similar != "":
		c.badElement(name, at, "Unknown sysctl", "%s: the kernel has no net.ipv4.vs.%s. Did you mean %q?", name, key, similar)
	default:
		c.badElement(name, at, "Unknown sysctl", "%s: the kernel has no net.ipv4.vs.%s. There are %s.", name, key, strings.Join(names, ", "))
	}
}

// entryPlace returns where the entry of a map stands; if the map comes from a
// variable or a function, that is the whole argument.
func (c *content) entryPlace(name, key string) hcl.Range {
	g := c.find(name)
	pairs, diags := hcl.ExprMap(g.expr)
	if diags.HasErrors() {
		return *g.place
	}
	for _, pair := range pairs {
		if k, diags := pair.Key.Value(c.l.scope); !diags.HasErrors() && isString(k) && k.AsString() == key {
			return hcl.RangeBetween(pair.Key.Range(), pair.Value.Range())
		}
	}
	return *g.place
}

// decodeSyncDaemon reads the block sync_daemon.
func (l *loader) decodeSyncDaemon(b *hcl.Block, spec *block) {
	c := l.open(b, spec)
	id, _ := c.number("id")
	instance := l.syncInstance(c)
	if instance != nil && !c.given("id") {
		id = int(instance.VRID)
	}
	port, _ := c.number("port")
	ttl, _ := c.number("ttl")
	maxLen, _ := c.number("maxlen")
	l.syncDaemon = &c.at
	l.config.IPVS.SyncDaemon = &syncdaemon.Config{
		Interface: c.interfaceName("interface"),
		ID:        uint8(id),
		MaxLen:    uint16(maxLen),
		Port:      uint16(port),
		TTL:       uint8(ttl),
		Group:     c.multicastGroup("group"),
	}
	if instance != nil {
		l.config.IPVS.SyncDaemon.VRRPInstance = instance.Name
	}
}

// syncInstance returns the instance that vrrp_instance names, nil if it names
// none.
func (l *loader) syncInstance(c *content) *VRRPInstance {
	name, ok := c.text("vrrp_instance")
	if !ok {
		return nil
	}
	var names []string
	for i := range l.config.VRRP.Instances {
		if l.config.VRRP.Instances[i].Name == name {
			return &l.config.VRRP.Instances[i]
		}
		names = append(names, l.config.VRRP.Instances[i].Name)
	}
	similar := suggest(name, names)
	switch {
	case l.broken(): // it may be in the part that could not be read
	case similar != "":
		c.bad("vrrp_instance", "Unknown VRRP instance", "There is no vrrp_instance %q. Did you mean %q?", name, similar)
	case len(names) == 0:
		c.bad("vrrp_instance", "Unknown VRRP instance", "There is no vrrp_instance %q, nor any other. Add it, or leave vrrp_instance out to run both sync daemons always.", name)
	default:
		c.bad("vrrp_instance", "Unknown VRRP instance", "There is no vrrp_instance %q. There are %s.", name, strings.Join(quoteAll(names), ", "))
	}
	return nil
}

// multicastGroup returns the value of an argument that is a multicast address.
func (c *content) multicastGroup(name string) netip.Addr {
	text, ok := c.text(name)
	if !ok {
		return netip.Addr{}
	}
	addr, err := parseAddr(text)
	switch {
	case err != nil:
		c.bad(name, "Invalid address", "%s: %s.", name, err)
	case !addr.IsMulticast():
		c.bad(name, "Invalid address", "%s: %s is not a multicast address. Write one such as \"224.0.0.81\" or \"ff02::81\".", name, addr)
	}
	return addr
}
