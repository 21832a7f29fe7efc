package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os/exec"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/nettest"
)

// farmNetwork has the addresses of all real servers.
const farmNetwork = "172.16.0.0/12"

// A farm is all real servers: a program behind a TUN device that answers each
// TCP segment by itself, without sockets. What probes cost here is what they
// cost who sends them, as with real servers that are other machines: over
// loopback the kernel does the servers' part of a connection too, on the
// account of whoever connects.
type farm struct {
	fd     int
	answer string // to a request; "" for servers that wait for one for ever
	mortal netip.AddrPort
	dead   atomic.Bool  // mortal is
	died   atomic.Int64 // when it refused the first time since, in Unix nanoseconds; 0: not yet

	connects atomic.Int64 // connections that were made
	answers  atomic.Int64 // requests that were answered
}

// newFarm starts one in a namespace.
func newFarm(b *bench, ns *nettest.Namespace, p probing, mortal netip.AddrPort) *farm {
	f := &farm{mortal: mortal}
	if p.kind == "http_get" {
		f.answer = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n\r\nhealthy\n"
	}
	_ = exec.Command("modprobe", "-q", "tun").Run() // it may be there for good
	b.must(ns.Do(func() (err error) {
		f.fd, err = openTUN("farm")
		return err
	}))
	ns.Run("ip", "link", "set", "farm", "txqueuelen", "20000", "up")
	ns.Run("ip", "address", "add", "10.255.255.254/32", "dev", "farm")
	ns.Run("ip", "route", "add", farmNetwork, "dev", "farm", "src", "10.255.255.254")
	ended := make(chan error, 1)
	go func() { ended <- f.serve() }()
	b.Cleanup(func() {
		ns.Run("ip", "link", "del", "farm") // which ends serve
		if err := <-ended; err != nil {
			b.Errorf("real servers: %v", err)
		}
		_ = unix.Close(f.fd)
	})
	return f
}

// probes returns how many have been completed.
func (f *farm) probes() int64 {
	if f.answer != "" {
		return f.answers.Load()
	}
	return f.connects.Load()
}

// kill makes the mortal real server refuse connections.
func (f *farm) kill() {
	f.died.Store(0)
	f.dead.Store(true)
}

// revive makes it accept them again.
func (f *farm) revive() { f.dead.Store(false) }

// openTUN makes a TUN device in the namespace of the calling thread.
func openTUN(name string) (fd int, err error) {
	if fd, err = unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0); err != nil {
		return 0, err
	}
	request, err := unix.NewIfreq(name)
	if err == nil {
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
	}
	if err != nil {
		return 0, errors.Join(fmt.Errorf("make TUN device: %w", err), unix.Close(fd))
	}
	return fd, nil
}

// serve answers until the device is gone.
func (f *farm) serve() error {
	var in, out [2048]byte
	for {
		n, err := unix.Read(f.fd, in[:])
		switch {
		case errors.Is(err, unix.EFAULT), errors.Is(err, unix.EBADFD): // the device is gone
			return nil
		case err != nil && !errors.Is(err, unix.EINTR):
			return err
		case err != nil:
			continue
		}
		if m := f.reply(in[:n], out[:]); m > 0 {
			if _, err := unix.Write(f.fd, out[:m]); err != nil && !errors.Is(err, unix.EIO) {
				return err
			}
		}
	}
}

// Flags of TCP.
const (
	fin = 1
	syn = 2
	rst = 4
	psh = 8
	ack = 16
)

const (
	ipHeader  = 20
	tcpHeader = 20
)

// reply writes the answer to a packet and returns its length, 0 for none. All
// connections of all servers begin with sequence number 0.
func (f *farm) reply(in, out []byte) int {
	if len(in) < ipHeader+tcpHeader || in[0] != 0x45 || in[9] != unix.IPPROTO_TCP {
		return 0
	}
	tcp := in[ipHeader:]
	data := len(tcp) - int(tcp[12]>>4)*4
	seq, acked, flags := binary.BigEndian.Uint32(tcp[4:]), binary.BigEndian.Uint32(tcp[8:]), tcp[13]
	switch {
	case flags&rst != 0:
		return 0
	case flags&syn != 0 && f.refuses(tcp, in):
		return segment(out, in, 0, seq+1, rst|ack, "")
	case flags&syn != 0:
		return segment(out, in, 0, seq+1, syn|ack, "")
	case data > 0 && f.answer != "":
		f.answers.Add(1)
		return segment(out, in, acked, seq+uint32(data), psh|fin|ack, f.answer)
	case data > 0:
		return segment(out, in, acked, seq+uint32(data), ack, "")
	case flags&fin != 0 && acked == 1: // we have not closed yet
		return segment(out, in, acked, seq+1, fin|ack, "")
	case flags&fin != 0:
		return segment(out, in, acked, seq+1, ack, "")
	case acked == 1:
		f.connects.Add(1)
	}
	return 0
}

// refuses reports whether nobody listens where the segment goes, and notes when
// that is said the first time.
func (f *farm) refuses(tcp, in []byte) bool {
	if !f.dead.Load() || netip.AddrFrom4([4]byte(in[16:])) != f.mortal.Addr() || binary.BigEndian.Uint16(tcp[2:]) != f.mortal.Port() {
		return false
	}
	f.died.CompareAndSwap(0, time.Now().UnixNano())
	return true
}

// segment writes a segment back to where in comes from.
func segment(out, in []byte, seq, acked uint32, flags byte, data string) int {
	n := ipHeader + tcpHeader + len(data)
	p := out[:n]
	clear(p[:ipHeader+tcpHeader])
	p[0], p[8], p[9] = 0x45, 64, unix.IPPROTO_TCP
	binary.BigEndian.PutUint16(p[2:], uint16(n))
	copy(p[12:16], in[16:20])
	copy(p[16:20], in[12:16])
	binary.BigEndian.PutUint16(p[10:], ^sum(0, p[:ipHeader]))
	tcp := p[ipHeader:]
	copy(tcp[0:2], in[ipHeader+2:])
	copy(tcp[2:4], in[ipHeader:])
	binary.BigEndian.PutUint32(tcp[4:], seq)
	binary.BigEndian.PutUint32(tcp[8:], acked)
	tcp[12], tcp[13] = tcpHeader/4<<4, flags
	binary.BigEndian.PutUint16(tcp[14:], 65535)
	copy(tcp[tcpHeader:], data)
	pseudo := sum(uint32(unix.IPPROTO_TCP)+uint32(len(tcp)), p[12:20])
	binary.BigEndian.PutUint16(tcp[16:], ^sum(uint32(pseudo), tcp))
	return n
}

// sum is the checksum of the internet (RFC 1071), not yet inverted.
func sum(s uint32, b []byte) uint16 {
	for ; len(b) > 1; b = b[2:] {
		s += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		s += uint32(b[0]) << 8
	}
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return uint16(s)
}
