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

	// ErrOldKernel says that the kernel does not know a setting. It would ignore
	// it without a word.
	ErrOldKernel = errors.New("the kernel is too old")

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
	case unix.ENOMEM:
		return &kernelError{"the kernel has no memory for it", errno}
	case unix.EBUSY:
		return &kernelError{"the kernel is busy with another request", errno}
	case unix.ENOPROTOOPT:
		return &kernelError{"the kernel is unloading the module ip_vs", errno}
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
	switch errno {
	case unix.ENOENT:
		return explainNames(s.Scheduler, s.PersistenceEngine)
	case unix.EINVAL:
		switch {
		case len(s.Scheduler) >= maxSchedulerName:
			return fmt.Sprintf("%q is too long for the name of a scheduler", s.Scheduler)
		case len(s.PersistenceEngine) >= maxEngineName:
			return fmt.Sprintf("%q is too long for the name of a persistence engine", s.PersistenceEngine)
		case s.Scheduler == SchedulerMH:
			return "the virtual server has more real servers than the table of mh has slots " +
				"(4,093 unless CONFIG_IP_VS_MH_TAB_INDEX says otherwise)"
		}
	default:
	}
	return ""
}

// explainNames says which module is missing: the kernel's answer is the same
// for a scheduler and a persistence engine.
func explainNames(scheduler, engine string) string {
	noScheduler := fmt.Sprintf("the kernel has no scheduler %q and no module ip_vs_%[1]s for it", scheduler)
	noEngine := fmt.Sprintf("the kernel has no persistence engine %q and no module ip_vs_pe_%[1]s for it", engine)
	switch {
	case engine == "":
		return noScheduler
	case scheduler == SchedulerNone: // needs no module
		return noEngine
	default:
		return noScheduler + ", or " + noEngine
	}
}

func explainDestination(k Key, d Destination, errno syscall.Errno) string {
	mixed := k.Canonical().Family != familyOf(canonicalAddr(d.Addr).Addr())
	switch errno {
	case unix.ERANGE:
		if d.Weight > math.MaxInt32 {
			return fmt.Sprintf("the weight is over %d", math.MaxInt32)
		}
		return fmt.Sprintf("lthreshold %d is over uthreshold %d", d.LowerThreshold, d.UpperThreshold)
	case unix.EINVAL:
		switch {
		case mixed && d.Forward != Tunnel:
			return "a real server of the other address family is reached by TUN only"
		case d.UpperThreshold > math.MaxInt32:
			return fmt.Sprintf("uthreshold is over %d", math.MaxInt32)
		case d.Forward == Tunnel && d.Tunnel.Type == GUE && d.Tunnel.Port == 0:
			return "tun_type gue needs a tun_port"
		case mixed:
			return "the address is not unicast, or a sync daemon runs, " +
				"which does not allow real servers of the other address family"
		default:
			return "the address is not unicast, or this network namespace has no routes yet (is lo up?)"
		}
	default:
		return ""
	}
}

// explainSyncDaemon says why the kernel did not start a sync daemon
// (ip_vs_genl_new_daemon in ip_vs_ctl.c, start_sync_thread in ip_vs_sync.c).
func explainSyncDaemon(d SyncDaemon, errno syscall.Errno) error {
	text := ""
	switch errno {
	case unix.EEXIST:
		text = fmt.Sprintf("a %s runs already", d.Role)
	case unix.ENODEV:
		text = fmt.Sprintf("there is no interface %s", d.Interface)
	case unix.EADDRINUSE:
		text = fmt.Sprintf("UDP port %d of the group is in use", d.Canonical().Port)
	case unix.ENETUNREACH, unix.ENETDOWN, unix.EADDRNOTAVAIL:
		text = fmt.Sprintf("the group cannot be reached through %s: is the interface up, with an address of the group's family?",
			d.Interface)
	case unix.EAFNOSUPPORT:
		text = "the kernel's IPVS has no IPv6, which the group needs"
	case unix.EINVAL:
		text = explainInvalidSyncDaemon(d)
	default:
	}
	if text == "" {
		return explain(errno)
	}
	return &kernelError{text, errno}
}

func explainInvalidSyncDaemon(d SyncDaemon) string {
	switch group := d.Canonical().Group; {
	case d.Role != SyncMaster && d.Role != SyncBackup:
		return "the role is neither master nor backup"
	case len(d.Interface) >= maxInterfaceName:
		return fmt.Sprintf("%q is too long for the name of an interface", d.Interface)
	case !group.IsMulticast():
		return fmt.Sprintf("the group %s is no multicast address", group)
	case group.Is6():
		return fmt.Sprintf("a virtual server has real servers of the other address family, "+
			"which a sync daemon does not allow, or %s has no IPv6", d.Interface)
	default:
		return "a virtual server has real servers of the other address family, which a sync daemon does not allow"
	}
}
