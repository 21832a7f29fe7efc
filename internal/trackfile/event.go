package trackfile

import (
	"bytes"
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// An event is what inotify(7) tells of a name in a directory.
type event struct {
	wd   int32
	mask uint32
	name string
}

// parse returns the events of one read:
//
//	struct inotify_event {
//		int      wd;
//		uint32_t mask;
//		uint32_t cookie;
//		uint32_t len;    // of name, with NULs at its end
//		char     name[];
//	};
func parse(b []byte) []event {
	var events []event
	for len(b) >= unix.SizeofInotifyEvent {
		length := binary.NativeEndian.Uint32(b[12:])
		rest := b[unix.SizeofInotifyEvent:]
		if uint64(length) > uint64(len(rest)) {
			break
		}
		name, _, _ := bytes.Cut(rest[:length], []byte{0})
		events = append(events, event{
			wd:   int32(binary.NativeEndian.Uint32(b)),
			mask: binary.NativeEndian.Uint32(b[4:]),
			name: string(name),
		})
		b = rest[length:]
	}
	return events
}
