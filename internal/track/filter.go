package track

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// eventFilter lets those messages through that parseEvent has an event for, so
// that a program which starts many threads does not keep this one busy.
func eventFilter() []bpf.Instruction {
	is := func(what uint32, skip uint8) bpf.Instruction {
		// The filter reads as if messages were in network byte order.
		val := binary.BigEndian.Uint32(binary.NativeEndian.AppendUint32(nil, what))
		return bpf.JumpIf{Cond: bpf.JumpEqual, Val: val, SkipTrue: skip}
	}
	data := func(i uint32) bpf.Instruction { return bpf.LoadAbsolute{Off: offsetData + 4*i, Size: 4} }
	return []bpf.Instruction{
		bpf.LoadAbsolute{Off: offsetEvent, Size: 4},
		is(procEventNone, 13), // accept
		is(procEventFork, 8),
		is(procEventExec, 3),
		is(procEventComm, 2),
		is(procEventExit, 1),
		bpf.RetConstant{Val: 0},
		data(0), // thread and process
		bpf.TAX{},
		data(1),
		bpf.Jump{Skip: 3},
		data(2), // after a fork, thread and process of the child
		bpf.TAX{},
		data(3),
		bpf.JumpIfX{Cond: bpf.JumpEqual, SkipFalse: 1},
		bpf.RetConstant{Val: 1 << 16}, // accept
		bpf.RetConstant{Val: 0},
	}
}

// attachFilter makes a socket receive what the filter lets through.
func attachFilter(fd int, program []bpf.Instruction) error {
	code, err := bpf.Assemble(program)
	if err != nil {
		return fmt.Errorf("assemble filter: %w", err)
	}
	filter := make([]unix.SockFilter, len(code))
	for i, in := range code {
		filter[i] = unix.SockFilter{Code: in.Op, Jt: in.Jt, Jf: in.Jf, K: in.K}
	}
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
		&unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]})
}
