package config

import (
	"iter"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/internal/alert"
	"github.com/ldirector/ldirector/vrrp"
)

// A syncGroup is a vrrp_sync_group being read.
type syncGroup struct {
	c       *content
	tracked []tracked
	weights bool // trackers of members may change priorities
}

// decodeGroups reads the vrrp_sync_group blocks and tells the instances which of
// them they are in.
func (l *loader) decodeGroups(blocks iter.Seq[*hcl.Block], instances []*instance) {
	names := make(map[string]hcl.Range)
	byName := instancesByName(instances)
	members := make(map[string]hcl.Range)
	for b := range blocks {
		name, at := label(b)
		l.checkName("vrrp_sync_group", name, at, names)
		g := &syncGroup{c: l.open(b, l.root.child("vrrp_sync_group"))}
		g.tracked = g.c.trackers()
		g.weights, _ = g.c.boolean("sync_group_tracking_weight")
		out := VRRPGroup{Notify: g.c.notify()}
		out.Name = name
		out.NotifyPriority, _ = g.c.boolean("notify_priority_changes")
		l.sayAlert(alert.Object{Group: name}, g.c.smtpAlert())
		out.Members = g.c.instanceNames("group", byName)
		for _, e := range g.c.elements("group") {
			if first, dup := members[e.text]; dup && byName[e.text] != nil && byName[e.text].group != g {
				g.c.badElement("group", e, "Instance in two groups", "%s is in a group already, at %s. Put all of them into one group.", e.text, place(first))
				continue
			}
			members[e.text] = e.at
			if i := byName[e.text]; i != nil {
				i.group = g
			}
		}
		for n := range g.tracked {
			g.check(&g.tracked[n], out.Members, byName)
		}
		l.config.VRRP.Groups = append(l.config.VRRP.Groups, out)
	}
}

// instancesByName returns the instances by their names.
func instancesByName(instances []*instance) map[string]*instance {
	byName := make(map[string]*instance, len(instances))
	for _, i := range instances {
		byName[i.out.Name] = i
	}
	return byName
}

// elements returns the elements of a list, none if it is wrong.
func (c *content) elements(name string) []element {
	elements, _ := c.list(name)
	return elements
}

// instanceNames returns the value of an argument that lists instances.
func (c *content) instanceNames(argument string, byName map[string]*instance) []string {
	elements, ok := c.list(argument)
	if ok && len(elements) == 0 {
		c.bad(argument, "No instance", "%s is empty. Write the names of vrrp_instances, or remove the block.", argument)
	}
	var names []string
	for _, e := range elements {
		switch {
		case byName[e.text] == nil:
			c.unknownElement(argument, e, e.text, "vrrp_instance", slices.Sorted(maps.Keys(byName)))
		case slices.Contains(names, e.text):
			c.badElement(argument, e, "Duplicate name", "%s is there twice. Remove one of them.", e.text)
		default:
			names = append(names, e.text)
		}
	}
	return names
}

// check reports a tracker of the group that does not go together with one of
// its members.
func (g *syncGroup) check(t *tracked, members []string, byName map[string]*instance) {
	g.c.l.noteService(t)
	for _, name := range members {
		switch i := byName[name]; {
		case t.Weight != 0 && i.out.Priority == ownerPriority:
			t.bad("Weight without effect", "%s has priority 255, which never changes. Write weight 0, or lower the priority.", name)
			return
		case t.Weight != 0 && t.Kind == vrrp.TrackInterface && t.Name == i.out.Interface:
			t.bad("Weight without effect", "%s is the interface of %s: without it there is no VRRP, whatever the priority. Remove the weight.", t.Name, name)
			return
		}
	}
}

// takes tells whether a tracker of the member i counts, and reports it if not:
// a priority that one member changes by itself would tear the group apart.
func (g *syncGroup) takes(i *instance, t *tracked) bool {
	if n := slices.IndexFunc(g.tracked, func(o tracked) bool { return o.Kind == t.Kind && o.Name == t.Name }); n >= 0 {
		t.bad("Duplicate tracker", "The sync group tracks %s for all its members, at %s. Remove one of them.", t.Name, place(g.tracked[n].at.at))
		return false
	}
	if t.Weight == 0 || g.weights {
		return true
	}
	i.c.l.warnAt(t.at.at, "Tracker without effect", "%s changes the priority of one member of a sync group (%s), which keepalived and ldirector leave out. Write it in the group, for all members; or weight 0; or sync_group_tracking_weight = true in the group.", t.Name, place(g.c.at))
	return false
}
