package ipvs

import (
	"errors"
	"fmt"
	"math"
	"syscall"

	"golang.org/x/sys/unix"
)

var (
	// ErrNoModule says that the kernel has no IPVS.
	ErrNoModule = errors.New("the kernel has no IPVS and could not load it: " +
		"run modprobe ip_vs, or install a kernel with CONFIG_IP_VS")

	// ErrLostAnswer says that the kernel's answer did not arrive, so that it is
	// not known which changes were done. Read the table again.
	ErrLostAnswer = errors.New("the kernel's answer was lost")
)

// A ChangeError is a change that the kernel refused.
type ChangeError struct {
	Change Change
	Err    error // matches the syscall.Errno
}

func (e *ChangeError) Error() string { return fmt.Sprintf("%s: %v", e.Change, e.Err) }
func (e *ChangeError) Unwrap() error { return e.Err }

// A kernelError is an error number of the kernel in words that fit IPVS: the
// usual text of ESRCH is "no such process".
type kernelError struct {
	text  string
	errno syscall.Errno
}

func (e *kernelError) Error() string { return e.text + " (" + unix.ErrnoName(e.errno) + ")" }
func (e *kernelError) Unwrap() error { return e.errno }

// explain says what an answer of the kernel means for IPVS as a whole.
func explain(errno syscall.Errno) error {
	switch errno {
	case unix.EPERM:
		return &kernelError{"IPVS needs the capability CAP_NET_ADMIN: run as root, " +
			"or set AmbientCapabilities=CAP_NET_ADMIN in the systemd unit", errno}
	case unix.EAFNOSUPPORT:
		return &kernelError{"the kernel's IPVS has no IPv6", errno}
	default:
		return errno
	}
}

// explainChange says why the kernel refused a change
// (net/netfilter/ipvs/ip_vs_ctl.c of Linux 6.12).
func explainChange(c Change, errno syscall.Errno) error {
	if errno == unix.ESRCH {
		return &kernelError{"the virtual server is not in the kernel", errno}
	}
	var text string
	switch c := c.(type) {
	case AddService:
		text = explainService(c.Service, errno)
	case UpdateService:
		text = explainService(c.Service, errno)
	case AddDestination:
		text = explainDestination(c.Key, c.Destination, errno)
	case UpdateDestination:
		text = explainDestination(c.Key, c.Destination, errno)
	case DeleteService, DeleteDestination:
	}
	if text == "" {
		return explain(errno)
	}
	return &kernelError{text, errno}
}

func explainService(s Service, errno syscall.Errno) string {
	switch {
	case errno == unix.ENOENT:
		return fmt.Sprintf("the kernel has no scheduler %q and no module ip_vs_%[1]s for it", s.Scheduler)
	case errno == unix.EINVAL && len(s.Scheduler) >= maxSchedulerName:
		return fmt.Sprintf("%q is too long for the name of a scheduler", s.Scheduler)
	default:
		return ""
	}
}

func explainDestination(k Key, d Destination, errno syscall.Errno) string {
	mixed := k.Canonical().Family != familyOf(canonicalAddr(d.Addr).Addr())
	switch {
	case errno == unix.ERANGE:
		return fmt.Sprintf("the weight is over %d", math.MaxInt32)
	case errno == unix.EINVAL && mixed && d.Forward != Tunnel:
		return "a real server of the other address family is reached by TUN only"
	case errno == unix.EINVAL && mixed:
		return "the address is not unicast, or a sync daemon runs, " +
			"which does not allow real servers of the other address family"
	case errno == unix.EINVAL:
		return "the address is not unicast, or this network namespace has no routes yet (is lo up?)"
	default:
		return ""
	}
}
