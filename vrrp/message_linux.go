package vrrp

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// These calls never wait and allocate nothing. The scheduler need not know of them: those of package unix let it take the
// processor away from a goroutine that is in the kernel for 20 microseconds.

// inboundLen holds the largest IPv6 packet with an advertisement: 8 bytes, 255 addresses, and the trailer of HMAC.
const inboundLen = 4608

// An inbound is the memory for a packet that is received.
type inbound struct {
	header  unix.Msghdr
	vector  unix.Iovec
	name    unix.RawSockaddrInet6
	control [128]byte
	payload [inboundLen]byte
}

// read receives the next packet of a socket. The error matches unix.EAGAIN if there is none.
func (m *inbound) read(r *receiver) (Packet, error) {
	m.vector = unix.Iovec{Base: &m.payload[0], Len: inboundLen}
	m.header = unix.Msghdr{Iov: &m.vector, Iovlen: 1}
	if r.ipv6 {
		m.header.Name, m.header.Namelen = (*byte)(unsafe.Pointer(&m.name)), unix.SizeofSockaddrInet6
		m.header.Control, m.header.Controllen = &m.control[0], uint64(len(m.control))
	}
	length, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(r.fd), uintptr(unsafe.Pointer(&m.header)), unix.MSG_DONTWAIT)
	switch {
	case errno == unix.EAGAIN:
		return Packet{}, errno
	case errno != 0:
		return Packet{}, os.NewSyscallError("recvmsg", errno)
	case m.header.Flags&(unix.MSG_TRUNC|unix.MSG_CTRUNC) != 0:
		return Packet{}, fmt.Errorf("receive packet of more than %d bytes", inboundLen)
	}
	var p Packet
	var ok bool
	if r.ipv6 {
		p, ok = parseControl6(m.control[:m.header.Controllen])
		p.Source, p.Payload = netip.AddrFrom16(m.name.Addr), m.payload[:length]
	} else {
		p, ok = parseIPv4(m.payload[:length])
	}
	if !ok {
		return Packet{}, fmt.Errorf("receive packet of %d bytes: no destination", length)
	}
	p.Index = r.base
	return p, nil
}

// parseControl6 takes hop limit and destination from the control messages of an IPv6 packet (ipv6(7), RFC 3542). It
// reports false without a destination.
func parseControl6(b []byte) (p Packet, ok bool) {
	for len(b) >= unix.SizeofCmsghdr {
		length := binary.NativeEndian.Uint64(b)
		if length < unix.SizeofCmsghdr || length > uint64(len(b)) {
			return Packet{}, false
		}
		level, kind := binary.NativeEndian.Uint32(b[8:]), binary.NativeEndian.Uint32(b[12:])
		data := b[unix.SizeofCmsghdr:length]
		switch {
		case level != unix.IPPROTO_IPV6:
		case kind == unix.IPV6_PKTINFO && len(data) >= 16:
			p.Destination, ok = netip.AddrFrom16([16]byte(data)), true
		case kind == unix.IPV6_HOPLIMIT && len(data) >= 4:
			p.TTL = uint8(binary.NativeEndian.Uint32(data))
		}
		b = b[min(len(b), (int(length)+7)&^7):]
	}
	return p, ok
}

// An outbound is the memory for a packet that one router sends.
type outbound struct {
	fd       int
	ipv6     bool
	header   unix.Msghdr
	vector   unix.Iovec
	name4    unix.RawSockaddrInet4
	name6    unix.RawSockaddrInet6
	control4 control[unix.Inet4Pktinfo]
	control6 control[unix.Inet6Pktinfo]
}

// control is two control messages: the interface and the source address, and the TTL. Each begins at a multiple of 8.
type control[Info any] struct {
	infoHeader unix.Cmsghdr
	info       Info
	_          [4]byte
	ttlHeader  unix.Cmsghdr
	ttl        int32
	_          [4]byte
}

// prepare fills in what is the same for all packets.
func (m *outbound) prepare(fd int, ipv6 bool, ttl uint8) {
	m.fd, m.ipv6 = fd, ipv6
	m.header.Iov, m.header.Iovlen = &m.vector, 1
	if ipv6 {
		m.name6.Family = unix.AF_INET6
		m.header.Name, m.header.Namelen = (*byte)(unsafe.Pointer(&m.name6)), unix.SizeofSockaddrInet6
		c := &m.control6
		c.infoHeader = unix.Cmsghdr{Level: unix.IPPROTO_IPV6, Type: unix.IPV6_PKTINFO, Len: unix.SizeofCmsghdr + unix.SizeofInet6Pktinfo}
		c.ttlHeader = unix.Cmsghdr{Level: unix.IPPROTO_IPV6, Type: unix.IPV6_HOPLIMIT, Len: unix.SizeofCmsghdr + 4}
		c.ttl = int32(ttl)
		m.header.Control, m.header.Controllen = (*byte)(unsafe.Pointer(c)), uint64(unsafe.Sizeof(*c))
		return
	}
	m.name4.Family = unix.AF_INET
	m.header.Name, m.header.Namelen = (*byte)(unsafe.Pointer(&m.name4)), unix.SizeofSockaddrInet4
	c := &m.control4
	c.infoHeader = unix.Cmsghdr{Level: unix.IPPROTO_IP, Type: unix.IP_PKTINFO, Len: unix.SizeofCmsghdr + unix.SizeofInet4Pktinfo}
	c.ttlHeader = unix.Cmsghdr{Level: unix.IPPROTO_IP, Type: unix.IP_TTL, Len: unix.SizeofCmsghdr + 4}
	c.ttl = int32(ttl)
	m.header.Control, m.header.Controllen = (*byte)(unsafe.Pointer(c)), uint64(unsafe.Sizeof(*c))
}

// send sends a packet by the interface with an index.
func (m *outbound) send(payload []byte, source, destination netip.Addr, index int) error {
	if m.ipv6 {
		m.name6.Addr = destination.As16()
		m.control6.info = unix.Inet6Pktinfo{Addr: source.As16(), Ifindex: uint32(index)}
	} else {
		m.name4.Addr = destination.As4()
		m.control4.info = unix.Inet4Pktinfo{Spec_dst: source.As4(), Ifindex: int32(index)}
	}
	m.vector = unix.Iovec{Base: unsafe.SliceData(payload), Len: uint64(len(payload))}
	_, _, errno := unix.RawSyscall(unix.SYS_SENDMSG, uintptr(m.fd), uintptr(unsafe.Pointer(&m.header)), unix.MSG_DONTWAIT)
	m.vector.Base = nil
	if errno != 0 {
		return os.NewSyscallError("sendmsg", errno)
	}
	return nil
}
