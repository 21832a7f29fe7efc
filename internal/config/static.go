package config

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/internal/netif"
)

// decodeStatic reads what is on the host as long as the program runs, and the
// track_groups that it may be in.
func (l *loader) decodeStatic(top *content, instances []*instance) {
	l.decodeTrackGroups(top, instances)
	set := &l.config.VRRP.Static
	used := make(map[string]bool)
	for b := range top.all("static_ipaddress") {
		c := l.open(b, l.root.child("static_ipaddress"))
		for _, e := range c.elements("addresses") {
			a, err := parseAddress(e.text, addressPlace{static: true})
			if err != nil {
				c.badElement("addresses", e, "Invalid address", "%s.", err)
			}
			c.useTrackGroup("addresses", e, a.TrackGroup, used)
			set.Addresses = append(set.Addresses, a)
		}
		c.checkStaticAddresses(set.Addresses)
	}
	for b := range top.all("static_routes") {
		c := l.open(b, l.root.child("static_routes"))
		routes := c.routes("routes", true)
		for n, e := range c.elements("routes") {
			c.useTrackGroup("routes", e, routes[n].TrackGroup, used)
		}
		set.Routes = append(set.Routes, routes...)
	}
	for b := range top.all("static_rules") {
		c := l.open(b, l.root.child("static_rules"))
		rules := c.rules("rules", true)
		for n, e := range c.elements("rules") {
			c.useTrackGroup("rules", e, rules[n].TrackGroup, used)
		}
		set.Rules = append(set.Rules, rules...)
	}
	l.reportUnusedTrackGroups(top, used)
}

// checkStaticAddresses reports an address that is there twice on an interface.
// all ends with those of the block.
func (c *content) checkStaticAddresses(all []netif.Address) {
	elements := c.elements("addresses")
	seen := make(map[placed]bool, len(all))
	for n, a := range all {
		key := placed{a.Prefix.Addr(), a.Device}
		if e := n - (len(all) - len(elements)); seen[key] && e >= 0 && a.Prefix.IsValid() {
			c.badElement("addresses", elements[e], "Duplicate address", "%s is on %s already. Remove one of them.", key.addr, key.device)
		}
		seen[key] = true
	}
}

// decodeTrackGroups reads the track_group blocks.
func (l *loader) decodeTrackGroups(top *content, instances []*instance) {
	names := make(map[string]hcl.Range)
	byName := instancesByName(instances)
	for b := range top.all("track_group") {
		name, at := label(b)
		l.checkName("track_group", name, at, names)
		if l.config.VRRP.TrackGroups == nil {
			l.config.VRRP.TrackGroups = make(map[string][]string)
		}
		c := l.open(b, l.root.child("track_group"))
		l.config.VRRP.TrackGroups[name] = c.instanceNames("group", byName)
	}
}

// useTrackGroup notes that an element names a track_group, "" for none.
func (c *content) useTrackGroup(argument string, e element, name string, used map[string]bool) {
	if name == "" {
		return
	}
	used[name] = true
	groups := c.l.config.VRRP.TrackGroups
	if _, ok := groups[name]; !ok {
		c.unknownElement(argument, e, name, "track_group", slices.Sorted(maps.Keys(groups)))
	}
}

// reportUnusedTrackGroups warns of track_groups that nothing is in.
func (l *loader) reportUnusedTrackGroups(top *content, used map[string]bool) {
	for b := range top.all("track_group") {
		name, at := label(b)
		if !used[name] && !l.broken() {
			l.warnAt(at, "Unused track_group", "Nothing is in it. Write track_group %s behind a static address, route or rule, or remove it.", name)
		}
	}
}
