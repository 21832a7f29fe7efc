package vrrp

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Octets of the kernel's buffers: the advertisements of 255 routers at once, and more than a flood fills before the driver
// has slept enough.
const socketBuffer = 1 << 20

// ownNamespace is the network namespace of the calling thread.
const ownNamespace = "/proc/thread-self/ns/net"

// An endpoint is what one socket receives for.
type endpoint struct {
	ipv6    bool
	index   int    // of the interface
	base    int    // of the one that it is on, if it is a macvlan; otherwise the same
	macvlan string // its name, or ""
}

// A receiver is a socket that receives the packets of one interface for all its routers.
type receiver struct {
	endpoint
	fd     int
	users  int          // connections
	groups []netip.Addr // that were joined; memberships end with the socket
	closed bool
}

// acquire returns the socket of an endpoint, which release is to be called for.
func (n *LinuxNetwork) acquire(at endpoint) (*receiver, error) {
	n.mu.Lock()
	r := n.receivers[at]
	if r != nil {
		r.users++
	}
	n.mu.Unlock()
	if r != nil {
		return r, nil
	}
	fd, err := n.openReceiver(at)
	if err != nil {
		return nil, err
	}
	r = &receiver{endpoint: at, fd: fd, users: 1}
	n.mu.Lock()
	n.receivers[at], n.watched[int32(fd)] = r, r
	n.mu.Unlock()
	return r, nil
}

// release ends one use of each socket.
func (n *LinuxNetwork) release(receivers []*receiver) error {
	var errs []error
	for _, r := range receivers {
		n.mu.Lock()
		r.users--
		unused := r.users == 0 && !r.closed
		if unused {
			r.closed = true
			delete(n.receivers, r.endpoint)
			delete(n.watched, int32(r.fd))
		}
		n.mu.Unlock()
		if unused {
			// Not under the lock: the kernel may take a while to leave groups. A process that is being started may
			// have the socket for a moment, which would keep it watched.
			_ = unix.EpollCtl(n.epoll, unix.EPOLL_CTL_DEL, r.fd, nil)
			errs = append(errs, closeSocket(r.fd))
		}
	}
	return errors.Join(errs...)
}

// join makes the socket a member of a multicast group, if group is one and it is not yet.
func (r *receiver) join(group netip.Addr) error {
	if !group.IsValid() || slices.Contains(r.groups, group) {
		return nil
	}
	var err error
	if r.ipv6 {
		request := unix.IPv6Mreq{Multiaddr: group.As16(), Interface: uint32(r.index)}
		err = unix.SetsockoptIPv6Mreq(r.fd, unix.IPPROTO_IPV6, unix.IPV6_JOIN_GROUP, &request)
	} else {
		request := unix.IPMreqn{Multiaddr: group.As4(), Ifindex: int32(r.index)}
		err = unix.SetsockoptIPMreqn(r.fd, unix.IPPROTO_IP, unix.IP_ADD_MEMBERSHIP, &request)
	}
	if err != nil {
		return fmt.Errorf("join %v: %w", group, os.NewSyscallError("setsockopt", err))
	}
	r.groups = append(r.groups, group)
	return nil
}

// openReceiver opens a socket that is bound to an interface, and watches it.
func (n *LinuxNetwork) openReceiver(at endpoint) (int, error) {
	fd, err := n.socket(at.ipv6)
	if err != nil {
		return -1, err
	}
	options := []option{
		{unix.IPPROTO_IP, unix.IP_MULTICAST_ALL, 0}, // not the groups that other sockets joined
		{unix.SOL_SOCKET, unix.SO_BINDTOIFINDEX, at.index},
	}
	if at.ipv6 {
		options[0] = option{unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_ALL, 0}
		options = append(options, option{unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1}, option{unix.IPPROTO_IPV6, unix.IPV6_RECVHOPLIMIT, 1})
	}
	err = setOptions(fd, options)
	if err == nil {
		err = setBuffer(fd, unix.SO_RCVBUFFORCE, unix.SO_RCVBUF)
	}
	if err == nil && at.macvlan != "" {
		err = filterOwnMAC(fd, at.macvlan)
	}
	if err == nil {
		err = n.watch(fd)
	}
	if err != nil {
		return -1, errors.Join(err, closeSocket(fd))
	}
	return fd, nil
}

// openSender opens a socket that sends by any interface. It is bound to the loopback address so that the kernel does not
// give it a copy of all that is received.
func (n *LinuxNetwork) openSender(ipv6 bool) (int, error) {
	fd, err := n.socket(ipv6)
	if err != nil {
		return -1, err
	}
	const internetworkControl = 0xc0 // RFC 791, as keepalived and FRR
	options := []option{
		{unix.IPPROTO_IP, unix.IP_FREEBIND, 1},
		{unix.IPPROTO_IP, unix.IP_MULTICAST_LOOP, 0},
		{unix.IPPROTO_IP, unix.IP_TOS, internetworkControl},
		{unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_DONT}, // fragment what is too long
	}
	var loopback unix.Sockaddr = &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}
	if ipv6 {
		options = []option{
			{unix.IPPROTO_IPV6, unix.IPV6_FREEBIND, 1}, // and send by a macvlan from the address of its base
			{unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_LOOP, 0},
			{unix.IPPROTO_IPV6, unix.IPV6_TCLASS, internetworkControl},
		}
		loopback = &unix.SockaddrInet6{Addr: [16]byte{15: 1}}
	}
	err = setOptions(fd, options)
	if err == nil {
		err = setBuffer(fd, unix.SO_SNDBUFFORCE, unix.SO_SNDBUF)
	}
	if err == nil {
		err = os.NewSyscallError("bind", unix.Bind(fd, loopback))
	}
	if err != nil {
		return -1, errors.Join(err, closeSocket(fd))
	}
	return fd, nil
}

// socket opens a raw socket in the network's namespace.
func (n *LinuxNetwork) socket(ipv6 bool) (fd int, err error) {
	family := unix.AF_INET
	if ipv6 {
		family = unix.AF_INET6
	}
	err = within(n.namespace, func() error {
		fd, err = unix.Socket(family, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, protocolNumber)
		return os.NewSyscallError("socket", err)
	})
	return fd, err
}

// within calls f on a thread that is in a network namespace.
func within(namespace *os.File, f func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	home, err := os.Open(ownNamespace)
	if err != nil {
		return err
	}
	defer home.Close()
	there, err := namespace.Stat()
	if err != nil {
		return err
	}
	if here, err := home.Stat(); err != nil || os.SameFile(here, there) {
		return errors.Join(err, f())
	}
	if err := unix.Setns(int(namespace.Fd()), unix.CLONE_NEWNET); err != nil {
		return os.NewSyscallError("setns", err)
	}
	err = f()
	if back := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); back != nil {
		runtime.LockOSThread() // the thread is of no use to others, and ends with the goroutine
		return errors.Join(err, os.NewSyscallError("setns", back))
	}
	return err
}

// An option is one of setsockopt(2).
type option struct{ level, name, value int }

func setOptions(fd int, options []option) error {
	for _, o := range options {
		if err := unix.SetsockoptInt(fd, o.level, o.name, o.value); err != nil {
			return fmt.Errorf("set option %d of level %d: %w", o.name, o.level, os.NewSyscallError("setsockopt", err))
		}
	}
	return nil
}

// setBuffer sets the size of a buffer by force, or without CAP_NET_ADMIN as far as sysctl net.core.*mem_max allows.
func setBuffer(fd, force, polite int) error {
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, force, socketBuffer) == nil {
		return nil
	}
	return setOptions(fd, []option{{unix.SOL_SOCKET, polite, socketBuffer}})
}

// filterOwnMAC lets in what was sent from the MAC address that the interface has itself.
func filterOwnMAC(fd int, ifname string) error {
	mac, err := macOf(fd, ifname)
	if err != nil {
		return err
	}
	const source = 0xffe00000 + 6 // SKF_LL_OFF, of the Ethernet header
	program, err := bpf.Assemble([]bpf.Instruction{
		bpf.LoadAbsolute{Off: source, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(mac[0])<<24 | uint32(mac[1])<<16 | uint32(mac[2])<<8 | uint32(mac[3]), SkipTrue: 3},
		bpf.LoadAbsolute{Off: source + 4, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(mac[4])<<8 | uint32(mac[5]), SkipTrue: 1},
		bpf.RetConstant{Val: 1 << 16},
		bpf.RetConstant{Val: 0},
	})
	if err != nil {
		return err
	}
	filter := make([]unix.SockFilter, len(program))
	for i, in := range program {
		filter[i] = unix.SockFilter{Code: in.Op, Jt: in.Jt, Jf: in.Jf, K: in.K}
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	return os.NewSyscallError("setsockopt", unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &prog))
}

// macOf returns the MAC address of an interface in the namespace of a socket (netdevice(7)).
func macOf(fd int, ifname string) (mac [6]byte, err error) {
	var request struct { // ifreq
		name    [unix.IFNAMSIZ]byte
		family  uint16
		address [22]byte
	}
	copy(request.name[:unix.IFNAMSIZ-1], ifname)
	_, _, errno := unix.RawSyscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCGIFHWADDR, uintptr(unsafe.Pointer(&request)))
	if errno != 0 {
		return mac, fmt.Errorf("MAC address of %s: %w", ifname, os.NewSyscallError("ioctl", errno))
	}
	return [6]byte(request.address[:]), nil
}

func closeSocket(fd int) error { return os.NewSyscallError("close", unix.Close(fd)) }
