package ipvs

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// A netlink message, with all but addresses, ports and netmasks in the host's
// byte order (include/uapi/linux/netlink.h, genetlink.h):
//
//	 0       2       4               8              12              16
//	┌───────────────┬───────┬───────┬───────────────┬───────────────┐
//	│ length        │ type  │ flags │ sequence      │ port id       │ nlmsghdr
//	├───┬───┬───────┼───────┴───────┴───────────────┴───────────────┘
//	│cmd│ver│   0   │                                                 genlmsghdr
//	├───┴───┼───────┼──────────────────────────┐
//	│ length│ type  │ value, padded to 4 bytes │ …                    attributes
//	└───────┴───────┴──────────────────────────┘
const (
	messageHeaderLen = 16
	genericHeaderLen = 4
	attrHeaderLen    = 4
	alignment        = 4

	attrTypeMask = 0x3fff // NLA_TYPE_MASK: a type without its flags
)

// A writer builds messages back to back. The zero value is ready for use.
type writer struct {
	buf     []byte
	message int // where the message that is being built begins

	// The service that was identified last, and where in buf it was. Changes of
	// one service come in a row.
	lastKey          Key
	keyStart, keyEnd int
}

// reset forgets all messages and keeps the memory.
func (w *writer) reset() { w.buf, w.keyEnd = w.buf[:0], 0 }

// extend appends n bytes, n a multiple of 4, and returns them, to be written.
func (w *writer) extend(n int) []byte {
	end := len(w.buf) + n
	if end > cap(w.buf) {
		w.buf = slices.Grow(w.buf, n)
	}
	w.buf = w.buf[:end]
	return w.buf[end-n : end : end]
}

// begin starts a generic netlink request; end completes it.
func (w *writer) begin(typ, flags uint16, seq uint32, cmd, version uint8) {
	w.message = len(w.buf)
	b := w.extend(messageHeaderLen + genericHeaderLen)
	binary.NativeEndian.PutUint16(b[4:], typ)
	binary.NativeEndian.PutUint16(b[6:], unix.NLM_F_REQUEST|flags)
	binary.NativeEndian.PutUint32(b[8:], seq)
	binary.NativeEndian.PutUint32(b[12:], 0)
	b[16], b[17], b[18], b[19] = cmd, version, 0, 0
}

// end fills in the length of the message that begin started.
func (w *writer) end() {
	binary.NativeEndian.PutUint32(w.buf[w.message:], uint32(len(w.buf)-w.message))
}

// requestAck makes the kernel acknowledge the message that was built last.
func (w *writer) requestAck() {
	flags := w.buf[w.message+6:]
	binary.NativeEndian.PutUint16(flags, binary.NativeEndian.Uint16(flags)|unix.NLM_F_ACK)
}

// open starts an attribute that holds others; close completes it. In between
// come those.
func (w *writer) open(typ uint16) (start int) {
	putAttr(w.extend(attrHeaderLen), 0, typ)
	return len(w.buf) - attrHeaderLen
}

func (w *writer) close(start int) {
	binary.NativeEndian.PutUint16(w.buf[start:], uint16(len(w.buf)-start))
}

// putAttr writes the header of an attribute with a value of n bytes.
func putAttr(b []byte, n int, typ uint16) {
	binary.NativeEndian.PutUint16(b, uint16(attrHeaderLen+n))
	binary.NativeEndian.PutUint16(b[2:], typ)
}

func (w *writer) bytes(typ uint16, v []byte) {
	b := w.extend(attrHeaderLen + align(len(v)))
	putAttr(b, len(v), typ)
	clear(b[attrHeaderLen+copy(b[attrHeaderLen:], v):])
}

func (w *writer) uint8(typ uint16, v uint8) {
	b := w.extend(8)
	putAttr(b, 1, typ)
	b[4], b[5], b[6], b[7] = v, 0, 0, 0
}

func (w *writer) uint16(typ, v uint16) {
	b := w.extend(8)
	putAttr(b, 2, typ)
	binary.NativeEndian.PutUint16(b[4:], v)
	b[6], b[7] = 0, 0
}

func (w *writer) uint32(typ uint16, v uint32) {
	b := w.extend(8)
	putAttr(b, 4, typ)
	binary.NativeEndian.PutUint32(b[4:], v)
}

// port writes a port in network byte order.
func (w *writer) port(typ, v uint16) {
	b := w.extend(8)
	putAttr(b, 2, typ)
	b[4], b[5], b[6], b[7] = byte(v>>8), byte(v), 0, 0
}

// string writes a string with a zero byte at its end.
func (w *writer) string(typ uint16, v string) {
	b := w.extend(attrHeaderLen + align(len(v)+1))
	putAttr(b, len(v)+1, typ)
	clear(b[attrHeaderLen+copy(b[attrHeaderLen:], v):])
}

// A message is one message from the kernel.
type message struct {
	typ     uint16
	seq     uint32
	payload []byte // what follows the nlmsghdr; refers to the buffer it was read from
}

var errTruncated = errors.New("netlink message is cut short")

// nextMessage splits the first message off a datagram.
func nextMessage(b []byte) (m message, rest []byte, err error) {
	if len(b) < messageHeaderLen {
		return message{}, nil, errTruncated
	}
	n := int64(binary.NativeEndian.Uint32(b))
	if n < messageHeaderLen || n > int64(len(b)) {
		return message{}, nil, errTruncated
	}
	m = message{
		typ:     binary.NativeEndian.Uint16(b[4:]),
		seq:     binary.NativeEndian.Uint32(b[8:]),
		payload: b[messageHeaderLen:n],
	}
	return m, b[min(align(int(n)), len(b)):], nil
}

func align(n int) int { return (n + alignment - 1) &^ (alignment - 1) }

// errno returns the error number in a message of type NLMSG_ERROR or
// NLMSG_DONE; 0 is success.
func (m message) errno() (syscall.Errno, error) {
	if len(m.payload) < 4 {
		return 0, errTruncated
	}
	return syscall.Errno(-int32(binary.NativeEndian.Uint32(m.payload))), nil
}

// attributes returns the attributes of a generic netlink message.
func (m message) attributes() attributes {
	if len(m.payload) < genericHeaderLen {
		return attributes{err: errTruncated}
	}
	return attributes{rest: m.payload[genericHeaderLen:]}
}

// attributes reads attributes one after another:
//
//	for a.next() {
//		switch a.typ {
//		case attrPort:
//			port = a.port()
//		}
//	}
//	return a.err
//
// A value that is too short for its type is an error, which ends the loop.
type attributes struct {
	typ   uint16
	value []byte
	err   error
	rest  []byte
}

// next goes on to the next attribute and reports whether there is one.
func (a *attributes) next() bool {
	if a.err != nil || len(a.rest) == 0 {
		return false
	}
	if len(a.rest) < attrHeaderLen {
		a.err = errTruncated
		return false
	}
	n := int(binary.NativeEndian.Uint16(a.rest))
	if n < attrHeaderLen || n > len(a.rest) {
		a.err = errTruncated
		return false
	}
	a.typ = binary.NativeEndian.Uint16(a.rest[2:]) & attrTypeMask
	a.value = a.rest[attrHeaderLen:n]
	a.rest = a.rest[min(align(n), len(a.rest)):]
	return true
}

// has reports whether the value has at least n bytes, and notes an error if not.
func (a *attributes) has(n int) bool {
	if len(a.value) >= n {
		return true
	}
	a.err = fmt.Errorf("attribute %d has %d bytes, not %d", a.typ, len(a.value), n)
	return false
}

func (a *attributes) nested() attributes { return attributes{rest: a.value} }

func (a *attributes) uint8() uint8 {
	if !a.has(1) {
		return 0
	}
	return a.value[0]
}

func (a *attributes) uint16() uint16 {
	if !a.has(2) {
		return 0
	}
	return binary.NativeEndian.Uint16(a.value)
}

func (a *attributes) uint32() uint32 {
	if !a.has(4) {
		return 0
	}
	return binary.NativeEndian.Uint32(a.value)
}

func (a *attributes) uint64() uint64 {
	if !a.has(8) {
		return 0
	}
	return binary.NativeEndian.Uint64(a.value)
}

// port reads a port in network byte order.
func (a *attributes) port() uint16 {
	if !a.has(2) {
		return 0
	}
	return binary.BigEndian.Uint16(a.value)
}

// string reads a string up to its zero byte.
func (a *attributes) string() string {
	for i, c := range a.value {
		if c == 0 {
			return string(a.value[:i])
		}
	}
	return string(a.value)
}
