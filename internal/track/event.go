package track

import (
	"encoding/binary"
	"syscall"

	"golang.org/x/sys/unix"
)

// Numbers of the process connector (linux/connector.h, linux/cn_proc.h).
const (
	cnIdxProc = 1 // multicast group too
	cnValProc = 1

	procCNMcastListen = 1

	procEventNone = 0 // answer to a request
	procEventFork = 0x00000001
	procEventExec = 0x00000002
	procEventComm = 0x00000200
	procEventExit = 0x80000000
)

// Offsets in a message of the process connector:
//
//	struct nlmsghdr { __u32 len; __u16 type, flags; __u32 seq, pid; };
//	struct cn_msg { __u32 idx, val, seq, ack; __u16 len, flags; };
//	struct proc_event { __u32 what, cpu; __u64 timestamp_ns; union event_data; };
const (
	offsetID    = unix.SizeofNlMsghdr
	offsetEvent = offsetID + 20
	offsetData  = offsetEvent + 16
)

// An event is what the kernel tells of a process, or the answer to a request.
type event struct {
	what   uint32
	pid    int           // of the process; of the child after a fork
	parent int           // after a fork
	errno  syscall.Errno // in an answer; 0 for none
}

// parseEvent returns the event in a message. ok is false if it is none that
// matters here, as those of threads.
func parseEvent(b []byte) (ev event, ok bool) {
	if len(b) < offsetData+4 ||
		binary.NativeEndian.Uint32(b[offsetID:]) != cnIdxProc || binary.NativeEndian.Uint32(b[offsetID+4:]) != cnValProc {
		return event{}, false
	}
	ev.what = binary.NativeEndian.Uint32(b[offsetEvent:])
	data := func(i int) int { return int(int32(binary.NativeEndian.Uint32(b[offsetData+4*i:]))) }
	switch ev.what {
	case procEventNone:
		ev.errno = syscall.Errno(data(0))
		return ev, true
	case procEventFork: // parent's thread and process, child's thread and process
		if len(b) < offsetData+16 || data(2) != data(3) {
			return event{}, false
		}
		ev.parent, ev.pid = data(1), data(3)
		return ev, true
	case procEventExec, procEventComm, procEventExit: // thread and process, …
		if len(b) < offsetData+8 || data(0) != data(1) {
			return event{}, false
		}
		ev.pid = data(1)
		return ev, true
	default:
		return event{}, false
	}
}

// listenRequest is the message that asks for events.
func listenRequest() []byte {
	const size = offsetEvent + 4
	b := make([]byte, 0, size)
	for _, n := range []uint32{
		size, unix.NLMSG_DONE /* type, no flags */, 0, 0,
		cnIdxProc, cnValProc, 0, 0,
	} {
		b = binary.NativeEndian.AppendUint32(b, n)
	}
	b = binary.NativeEndian.AppendUint16(b, 4) // length of what follows
	b = binary.NativeEndian.AppendUint16(b, 0) // flags
	return binary.NativeEndian.AppendUint32(b, procCNMcastListen)
}
