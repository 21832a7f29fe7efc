package track

import (
	"path"
	"slices"
	"strings"
)

// maxName is how many bytes of a process's name the kernel keeps
// (TASK_COMM_LEN, less the NUL).
const maxName = 15

// A program is what a process shows of itself.
type program struct {
	name string   // of its main thread, /proc/PID/comm
	args []string // /proc/PID/cmdline; read only if somebody asks for them
}

// matches reports whether a process is one that is tracked.
func (p *Process) matches(is program) bool {
	if len(p.Command) == 0 {
		return false
	}
	return p.matchesProgram(is) && p.matchesArguments(is)
}

func (p *Process) matchesProgram(is program) bool {
	want := p.Command[0]
	switch {
	case !p.asksArguments():
		return is.name == want[:min(len(want), maxName)]
	case len(is.args) == 0: // a thread of the kernel
		return false
	case p.Full, strings.Contains(want, "/"):
		return is.args[0] == want
	default:
		return path.Base(is.args[0]) == want
	}
}

func (p *Process) matchesArguments(is program) bool {
	if p.Match == MatchName {
		return true
	}
	want, have := p.Command[1:], is.args[1:]
	if p.Match == MatchExact {
		return slices.Equal(want, have)
	}
	if len(want) == 0 {
		return true
	}
	if len(have) < len(want) {
		return false
	}
	last := len(want) - 1
	if !slices.Equal(want[:last], have[:last]) {
		return false
	}
	return have[last] == want[last] || p.Match == MatchInitial && strings.HasPrefix(have[last], want[last])
}

// asksArguments reports whether the command line matters. The kernel has to look
// into the memory of a process for that.
func (p *Process) asksArguments() bool {
	return p.Full || p.Match != MatchName || len(p.Command) > 0 && strings.Contains(p.Command[0], "/")
}

// enough reports whether so many processes make the tracker up.
func (p *Process) enough(n int) bool {
	unbounded := p.QuorumMax == 0 && p.Quorum > 0
	return n >= p.Quorum && (unbounded || n <= p.QuorumMax)
}
