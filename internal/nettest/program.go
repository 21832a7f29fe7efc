package nettest

import (
	"net"
	"net/netip"
	"os/exec"
	"syscall"
)

// Start starts a program outside of any namespace, as [Namespace.Start] does
// inside. A program that PATH lacks is also looked for in the directories for
// root's programs.
func Start(tb TB, name string, args ...string) *Process {
	tb.Helper()
	path, err := program(name)
	if err != nil {
		tb.Fatalf("start %s: %v", name, err)
	}
	cmd := exec.Command(path, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return start(tb, cmd)
}

// FreePort returns an address of 127.0.0.1 with a port on which no TCP or UDP
// socket listens, for a program that cannot say which port the kernel gave it.
func FreePort(tb TB) netip.AddrPort {
	tb.Helper()
	for range 100 {
		l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			tb.Fatalf("find a port: %v", err)
		}
		addr := l.Addr().(*net.TCPAddr)
		u, udpErr := net.ListenUDP("udp4", &net.UDPAddr{IP: addr.IP, Port: addr.Port})
		if udpErr == nil {
			_ = u.Close() // nothing was written
		}
		_ = l.Close() // nobody has connected
		if udpErr == nil {
			return addr.AddrPort()
		}
	}
	tb.Fatalf("find a port: none is free for both TCP and UDP")
	return netip.AddrPort{}
}
