package vrrp

// A Tracker makes a virtual router depend on something: a link, a script, a file, a process, a probe, or the quorum of a
// virtual server (keepalived: track_interface, track_script, …). Kind and Name say which; they are the same for all
// routers that depend on it.
type Tracker struct {
	Kind TrackerKind
	Name string

	// Weight changes the priority. A positive one is added while the tracker is up, a negative one while it is down;
	// Reverse swaps signs, so that each change moves the priority by the weight in the other direction. With 0 the
	// virtual router is in Fault while the tracker is down, or up with Reverse.
	//
	// The number of a file is multiplied by the weight and added, or with Reverse subtracted; what is less than -253 is
	// a Fault. With weight 0 any number but 0 is.
	Weight  int
	Reverse bool
}

// A TrackerKind is the kind of a tracker. Its text is what configurations, status and logs call it.
type TrackerKind string

// Kinds of trackers. All are up or down but files, which have a number.
const (
	TrackInterface     TrackerKind = "track_interface"
	TrackScript        TrackerKind = "track_script"
	TrackFile          TrackerKind = "track_file"
	TrackProcess       TrackerKind = "track_process"
	TrackCheck         TrackerKind = "track_check"
	TrackVirtualServer TrackerKind = "track_virtual_server"
)

// A Track is what is known of a tracker. Value is 1 for up and 0 for down, and for a file its number.
type Track struct {
	Kind  TrackerKind
	Name  string
	Value int
}

// effect returns what the value of a tracker means for a virtual router: a fault, or a change of its priority.
// keepalived's arithmetic: vrrp_track.c, weight and process_update_*_status.
func (t *Tracker) effect(value int) (fault bool, weight int) {
	sign := 1
	if t.Reverse {
		sign = -1
	}
	switch up := value != 0; {
	case t.Kind == TrackFile && t.Weight == 0:
		return up, 0
	case t.Kind == TrackFile:
		weight = min(max(value, -1<<16), 1<<16) * t.Weight * sign
		return weight < -maxWeight, min(max(weight, -maxWeight), maxWeight)
	case t.Weight == 0:
		return up == t.Reverse, 0
	case up == (t.Weight > 0):
		return false, sign * t.Weight
	default:
		return false, 0
	}
}

// maxWeight is the most by which one tracker changes a priority.
const maxWeight = 253

// trackers are those of one virtual router with what is known of them. It is pure.
type trackers struct {
	all    []Tracker
	values map[trackerID]int // what nothing was reported of is missing
}

type trackerID struct {
	kind TrackerKind
	name string
}

func newTrackers(all []Tracker) trackers {
	return trackers{all: all, values: make(map[trackerID]int)}
}

// replace takes other trackers and keeps what is known.
func (t *trackers) replace(all []Tracker) { t.all = all }

func (t *trackers) set(v Track) { t.values[trackerID{v.Kind, v.Name}] = v.Value }

// waiting returns a tracker of which something must be known before the router begins; nil if there is none. Links are
// known from the start.
func (t *trackers) waiting() *Tracker {
	for i := range t.all {
		tr := &t.all[i]
		if _, known := t.values[trackerID{tr.Kind, tr.Name}]; !known && tr.Weight == 0 && tr.Kind != TrackInterface {
			return tr
		}
	}
	return nil
}

// fault returns a tracker that keeps the router from taking part; nil if there is none.
func (t *trackers) fault() *Tracker {
	for i := range t.all {
		if value, known := t.values[trackerID{t.all[i].Kind, t.all[i].Name}]; known {
			if fault, _ := t.all[i].effect(value); fault {
				return &t.all[i]
			}
		}
	}
	return nil
}

// priority returns the effective priority: base and all weights, kept within 1 and 254. The owner's priority is fixed.
// An unknown link counts as up, anything else that is unknown changes nothing.
func (t *trackers) priority(base uint8) uint8 {
	if base == priorityOwner {
		return base
	}
	sum := int(base)
	for i := range t.all {
		tr := &t.all[i]
		value, known := t.values[trackerID{tr.Kind, tr.Name}]
		if !known && tr.Kind == TrackInterface {
			value, known = 1, true
		}
		if known {
			_, weight := tr.effect(value)
			sum += weight
		}
	}
	return uint8(min(max(sum, 1), priorityOwner-1))
}
