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

// links is a stand-in.
type links struct{}

func newLinks(*Config) links               { return links{} }
func (l *links) set(string, bool)          {}
func (l *links) faulty() bool              { return false }
func (l *links) priority(base uint8) uint8 { return base }
