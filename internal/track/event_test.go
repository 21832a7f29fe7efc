package track

import (
	"encoding/binary"
	"syscall"
	"testing"

	"golang.org/x/net/bpf"
)

// message lays an event out as the kernel does.
func message(idx, what uint32, data ...uint32) []byte {
	var b []byte
	for _, n := range append([]uint32{
		0, 3, 0, 0, // struct nlmsghdr
		idx, 1, 7, 0, 40, // struct cn_msg
		what, 1, 0, 0, // struct proc_event, with the processor and the time
	}, data...) {
		b = binary.NativeEndian.AppendUint32(b, n)
	}
	return b
}

func TestParseEvent(t *testing.T) {
	tests := []struct {
		name string
		b    []byte
		want event
	}{
		{"fork", message(1, procEventFork, 11, 10, 20, 20), event{what: procEventFork, parent: 10, pid: 20}},
		{"new thread", message(1, procEventFork, 11, 10, 21, 20), event{}},
		{"exec", message(1, procEventExec, 20, 20), event{what: procEventExec, pid: 20}},
		{"name", message(1, procEventComm, 20, 20, 0x64636261, 0, 0, 0), event{what: procEventComm, pid: 20}},
		{"name of a thread", message(1, procEventComm, 21, 20, 0x64636261, 0, 0, 0), event{}},
		{"exit", message(1, procEventExit, 20, 20, 0, 17, 1, 1), event{what: procEventExit, pid: 20}},
		{"exit of a thread", message(1, procEventExit, 21, 20, 0, 17, 1, 1), event{}},
		{"answer", message(1, procEventNone, 0), event{what: procEventNone}},
		{"refusal", message(1, procEventNone, uint32(syscall.EPERM)), event{what: procEventNone, errno: syscall.EPERM}},
		{"change of user", message(1, 0x4, 20, 20, 0, 0), event{}},
		{"another connector", message(2, procEventExit, 20, 20), event{}},
	}
	filter, err := bpf.NewVM(eventFilter())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wanted := tt.want != event{} || tt.name == "answer"
			if got, ok := parseEvent(tt.b); got != tt.want || ok != wanted {
				t.Errorf("got %+v, %v, want %+v", got, ok, tt.want)
			}
			if accepted, err := filter.Run(tt.b); err != nil || (accepted > 0) != (wanted || tt.name == "another connector") {
				t.Errorf("the filter takes %d bytes, error %v", accepted, err)
			}
			for i := range tt.b {
				if got, ok := parseEvent(tt.b[:i]); ok && got != tt.want {
					t.Errorf("%d bytes: got %+v, want %+v or nothing", i, got, tt.want)
				}
			}
		})
	}
}

func FuzzParseEvent(f *testing.F) {
	f.Add(message(1, procEventFork, 11, 10, 20, 20))
	f.Add(message(1, procEventNone, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		if ev, ok := parseEvent(b); !ok && ev != (event{}) {
			t.Errorf("no event, but %+v", ev)
		}
	})
}

func TestListenRequest(t *testing.T) {
	b := listenRequest()
	if len(b) != 40 || binary.NativeEndian.Uint32(b) != 40 {
		t.Errorf("got %d bytes that say %d, want 40", len(b), binary.NativeEndian.Uint32(b))
	}
}
