package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/vrrp"
)

// maxWeight is keepalived's limit for the weight of a tracker.
const maxWeight = 253

// A tracked is an element of a list of trackers.
type tracked struct {
	vrrp.Tracker
	c  *content // the block with the list
	at element
}

// A trackable is what a definition says for all that name it.
type trackable struct {
	weight  int
	reverse bool
	at      hcl.Range
}

// trackable reads it from a definition.
func (c *content) trackable(at hcl.Range) *trackable {
	t := &trackable{at: at}
	t.weight, _ = c.number("weight")
	t.reverse, _ = c.boolean("weight_reverse")
	return t
}

// trackerKinds are the kinds in the order of the language.
func trackerKinds() []vrrp.TrackerKind {
	return []vrrp.TrackerKind{vrrp.TrackInterface, vrrp.TrackScript, vrrp.TrackFile, vrrp.TrackProcess, vrrp.TrackCheck, vrrp.TrackVirtualServer}
}

// definedBy returns the block that defines trackers of a kind, "" if none does.
func definedBy(kind vrrp.TrackerKind) string {
	switch kind {
	case vrrp.TrackScript:
		return "vrrp_script"
	case vrrp.TrackProcess:
		return "vrrp_track_process"
	case vrrp.TrackFile, vrrp.TrackCheck:
		return string(kind)
	case vrrp.TrackInterface, vrrp.TrackVirtualServer:
	}
	return ""
}

// define notes a definition.
func (l *loader) define(kind vrrp.TrackerKind, name string, t *trackable) {
	if l.trackables == nil {
		l.trackables = make(map[vrrp.TrackerKind]map[string]*trackable)
	}
	if l.trackables[kind] == nil {
		l.trackables[kind] = make(map[string]*trackable)
	}
	l.trackables[kind][name] = t
}

// trackers returns what the lists of an instance or a sync group name.
func (c *content) trackers() []tracked {
	var all []tracked
	for _, kind := range trackerKinds() {
		argument := string(kind)
		elements, _ := c.list(argument)
		for _, e := range elements {
			t := tracked{Tracker: vrrp.Tracker{Kind: kind}, c: c, at: e}
			if !t.read() {
				continue
			}
			if slices.ContainsFunc(all, func(o tracked) bool { return o.Kind == kind && o.Name == t.Name }) {
				c.badElement(argument, e, "Duplicate tracker", "%s is tracked twice. Remove one of them.", t.Name)
				continue
			}
			all = append(all, t)
		}
	}
	return all
}

// read reads "NAME [weight N] [reverse|noreverse]" and what the definition says.
// It tells whether the element is good.
func (t *tracked) read() bool {
	limit := maxWeight
	if t.Kind == vrrp.TrackFile {
		limit++
	}
	name, words, err := parseTracker(t.at.text, limit)
	if err == nil && t.Kind == vrrp.TrackInterface {
		if err = checkInterface(name); strings.Contains(name, " ") {
			err = fmt.Errorf("%q: write \"eth1\", \"eth1 weight -30\" or \"eth1 weight -30 reverse\"", t.at.text)
		}
	}
	if err != nil {
		t.bad("Invalid "+string(t.Kind), "%s.", err)
		return false
	}
	t.Name = name
	known := &trackable{}
	if definedBy(t.Kind) != "" {
		if known = t.c.l.trackables[t.Kind][name]; known == nil {
			t.unknown()
			return false
		}
		t.c.l.named = append(t.c.l.named, reference{definedBy(t.Kind), name})
	}
	t.Weight, t.Reverse = known.weight, known.reverse
	if words.weight != nil {
		t.Weight, t.Reverse = *words.weight, false
	}
	if words.reverse != nil {
		t.Reverse = *words.reverse
	}
	if t.Weight < -limit || t.Weight > limit {
		t.bad("Number out of range", "The weight %d of %s (%s) is for file_check. For a priority write one from -%d to %d behind the name.", t.Weight, name, place(known.at), limit, limit)
	}
	return true
}

// bad reports that the element is wrong.
func (t *tracked) bad(summary, detail string, args ...any) {
	t.c.badElement(string(t.Kind), t.at, summary, detail, args...)
}

// unknown reports a name that no definition has.
func (t *tracked) unknown() {
	t.c.unknownElement(string(t.Kind), t.at, t.Name, definedBy(t.Kind), slices.Sorted(maps.Keys(t.c.l.trackables[t.Kind])))
}

// unknownElement reports an element that names no block of that type.
func (c *content) unknownElement(argument string, e element, name, block string, known []string) {
	similar := suggest(name, known)
	switch {
	case c.l.broken(): // it may be in the part that could not be read
	case similar != "":
		c.badElement(argument, e, "Unknown "+block, "There is no %s %q. Did you mean %q?", block, name, similar)
	case len(known) == 0:
		c.badElement(argument, e, "Unknown "+block, "There is no %s %q, nor any other. Add a block %s %q.", block, name, block, name)
	case len(known) > 20:
		c.badElement(argument, e, "Unknown "+block, "There is no %s %q. There are %s and others.", block, name, strings.Join(quoteAll(known[:20]), ", "))
	default:
		c.badElement(argument, e, "Unknown "+block, "There is no %s %q. There are %s.", block, name, strings.Join(quoteAll(known), ", "))
	}
}

// trackerWords is what stands behind the name of a tracker; nil is for what does
// not.
type trackerWords struct {
	weight  *int
	reverse *bool
}

// parseTracker reads "NAME [weight N] [reverse|noreverse]". The name may have
// blanks in it, as names of blocks may. The error is a sentence for users.
func parseTracker(text string, limit int) (name string, words trackerWords, err error) {
	fields := strings.Fields(text)
	end := len(fields)
	for end > 1 {
		switch last := fields[end-1]; {
		case (last == "reverse" || last == "noreverse") && words.reverse == nil && words.weight == nil:
			words.reverse = new(last == "reverse")
			end--
			continue
		case end > 2 && fields[end-2] == "weight" && words.weight == nil:
			n, err := strconv.Atoi(last)
			if err != nil || n < -limit || n > limit {
				return "", words, fmt.Errorf("%q: the weight has to be a whole number from -%d to %d", text, limit, limit)
			}
			words.weight = &n
			end -= 2
			continue
		}
		break
	}
	name = strings.Join(fields[:end], " ")
	if name == "" || end > 1 && slices.ContainsFunc(fields[1:end], func(w string) bool { return w == "weight" || w == "reverse" || w == "noreverse" }) {
		return "", words, fmt.Errorf("%q: write a name alone, or \"NAME weight -30\" or \"NAME weight -30 reverse\"", text)
	}
	return name, words, nil
}

// decodeTrackers reads what the instance depends on.
func (i *instance) decodeTrackers() {
	i.tracked = i.c.trackers()
	for n := range i.tracked {
		t := &i.tracked[n]
		switch own := t.Kind == vrrp.TrackInterface && t.Name == i.out.Interface; {
		case own && t.Weight != 0:
			t.bad("Weight without effect", "%s is the instance's own interface: without it there is no VRRP, whatever the priority. Remove the weight.", t.Name)
		case own && t.Reverse:
			t.bad("Contradictory words", "%s is the instance's own interface: with reverse there would be VRRP only while it is down. Remove reverse.", t.Name)
		case t.Weight != 0 && i.out.Priority == ownerPriority:
			t.bad("Weight without effect", "Priority 255 never changes. Write weight 0, or lower the priority.")
		}
		i.c.l.noteService(t)
	}
}

// noteService keeps a virtual server that is tracked: whether it is there is
// known when all have been read.
func (l *loader) noteService(t *tracked) {
	if t.Kind == vrrp.TrackVirtualServer {
		l.services = append(l.services, t)
	}
}

// checkServices reports virtual servers that are tracked but not there.
func (l *loader) checkServices(names map[string]hcl.Range) {
	for _, t := range l.services {
		if _, ok := names[t.Name]; !ok {
			t.c.unknownElement(string(t.Kind), t.at, t.Name, "virtual_server", slices.Sorted(maps.Keys(names)))
		}
	}
}

// trackers returns what the instance depends on, with what its group does.
func (i *instance) trackers() []vrrp.Tracker {
	var all []vrrp.Tracker
	for _, t := range i.tracked {
		if i.group == nil || i.group.takes(i, &t) {
			all = append(all, t.Tracker)
		}
	}
	if i.group == nil {
		return all
	}
	for _, t := range i.group.tracked {
		if !slices.ContainsFunc(all, func(o vrrp.Tracker) bool { return o.Kind == t.Kind && o.Name == t.Name }) {
			all = append(all, t.Tracker)
		}
	}
	return all
}
