package track

import (
	"time"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/vrrp"
)

// A Config is everything that is tracked. Names are unique in each list. It must
// not change after Set.
type Config struct {
	Probes         []Probe
	Files          []File
	Processes      []Process
	VirtualServers []string // names, see Tracker.SetVirtualServer
}

// A Probe is one block vrrp_script or track_check.
type Probe struct {
	Kind vrrp.TrackerKind // vrrp.TrackScript or vrrp.TrackCheck
	Name string

	// Checks are asked from the beginning, without the time that their Timing has
	// for spreading the first probes. The tracker is up when all are.
	Checks []healthcheck.Check

	// InitFail makes the tracker down, in place of unknown, until the checks have
	// given an answer (keepalived: init_fail).
	InitFail bool
}

// A File is one block track_file.
type File struct {
	Name string
	Path string // absolute
}

// A Process is one block vrrp_track_process. It is up while enough processes
// run, and not too many.
type Process struct {
	Name string

	// Command is the program, and the arguments that Match is about (keepalived:
	// process). A program without a slash is compared with the name that the
	// kernel has for the process, or, if arguments matter, with the last part of
	// its first argument; one with a slash with all of that.
	Command []string
	Match   ProcessMatch

	// Full compares the program with all of the first argument even without a
	// slash (keepalived: full_command).
	Full bool

	// Quorum is the least number of processes, and QuorumMax the greatest
	// (keepalived: quorum, quorum_max). A QuorumMax of 0 is no bound, but with a
	// Quorum of 0 too it says that there must be none.
	Quorum, QuorumMax int

	// ForkDelay is how long a change has to last that comes from a fork, as the
	// child may be about to become another program. TerminateDelay is that for the
	// end of a process, as another may be about to follow it (keepalived:
	// fork_delay, terminate_delay).
	ForkDelay, TerminateDelay time.Duration
}

// A ProcessMatch says which arguments of a process matter (keepalived:
// param_match).
type ProcessMatch uint8

// Ways to compare arguments. keepalived's manual and its code agree on which is
// partial and which initial; a comment in its header has them the other way.
const (
	MatchName    ProcessMatch = iota // none
	MatchExact                       // all
	MatchPartial                     // the first ones
	MatchInitial                     // the first ones, and of the last its beginning
)
