package ipvs

import (
	"cmp"
	"encoding/binary"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// fakeKernel is the other end of a client's socket: it reads requests with the
// package's own decoder, keeps a table and queues its answers as Linux does.
type fakeKernel struct {
	tb     testing.TB
	table  table
	family uint16 // 0: no such family
	denied bool   // CAP_NET_ADMIN is missing
	busy   int    // refuses so many dumps

	timeouts Timeouts
	daemons  map[SyncRole]SyncDaemon
	old      tunnelSupport // what the kernel knows of tunnels, if not all

	refuse   func(Change) syscall.Errno // an error for a change that is possible otherwise
	spoil    func(Change) syscall.Errno // returned by receive in place of the answers, once
	log      []string                   // changes in the order in which they came
	sends    int
	answers  [][]byte
	receives error // returned by the next receive
	closed   bool
}

func newFakeKernel(tb testing.TB) *fakeKernel {
	return &fakeKernel{tb: tb, table: table{}, family: 0x1c, daemons: map[SyncRole]SyncDaemon{}}
}

// client returns a client of the kernel.
func (k *fakeKernel) client() *Client {
	k.tb.Helper()
	c, err := newClient(k)
	if err != nil {
		k.tb.Fatal(err)
	}
	k.sends = 0
	return c
}

func (k *fakeKernel) close() error { k.closed = true; return nil }
func (k *fakeKernel) discard()     { k.answers, k.receives = nil, nil }

func (k *fakeKernel) receive(b []byte) (int, error) {
	if err := k.receives; err != nil {
		k.receives = nil
		return 0, err
	}
	if len(k.answers) == 0 {
		return 0, unix.EAGAIN
	}
	n := copy(b, k.answers[0])
	k.answers = k.answers[1:]
	return n, nil
}

func (k *fakeKernel) send(b []byte) error {
	k.sends++
	for len(b) > 0 {
		m, rest, err := nextMessage(b)
		if err != nil {
			k.tb.Errorf("request: %v", err)
			return unix.EINVAL
		}
		flags := binary.NativeEndian.Uint16(b[6:])
		b = rest
		errno := k.do(m, flags)
		if flags&unix.NLM_F_DUMP == 0 && errno != unix.EINTR && (errno != 0 || flags&unix.NLM_F_ACK != 0) {
			k.acknowledge(m, unix.NLMSG_ERROR, errno)
		}
	}
	return nil
}

// do does one request and queues the answers other than the acknowledgement.
func (k *fakeKernel) do(m message, flags uint16) syscall.Errno {
	cmd := m.payload[0]
	if m.typ == unix.GENL_ID_CTRL {
		return k.resolve(m)
	}
	errno := syscall.Errno(0)
	switch {
	case m.typ != k.family:
		errno = unix.ENOENT
	case k.denied:
		errno = unix.EPERM
	case k.busy > 0 && flags&unix.NLM_F_DUMP != 0:
		k.busy--
		errno = unix.EBUSY
	case cmd == cmdGetService:
		k.dumpServices(m)
	case cmd == cmdGetDest:
		k.dumpDestinations(m)
	case cmd == cmdGetConfig:
		k.answer(k.family, m.seq, func(w *writer) { w.timeouts(k.timeouts) })
	case cmd == cmdSetConfig:
		return k.setTimeouts(m)
	case cmd == cmdNewDaemon, cmd == cmdDelDaemon:
		return k.syncDaemon(m)
	case cmd == cmdGetDaemon:
		for _, r := range []SyncRole{SyncMaster, SyncBackup} {
			if d, ok := k.daemons[r]; ok {
				k.answer(k.family, m.seq, func(w *writer) { w.syncDaemon(d) })
			}
		}
	case cmd != cmdGetInfo:
		return k.change(m)
	}
	if flags&unix.NLM_F_DUMP != 0 {
		k.acknowledge(m, unix.NLMSG_DONE, errno)
	}
	return errno
}

func (k *fakeKernel) resolve(m message) syscall.Errno {
	a := m.attributes()
	if !a.next() || a.typ != unix.CTRL_ATTR_FAMILY_NAME || a.string() != familyName {
		k.tb.Errorf("request to nlctrl with attribute %d %q", a.typ, a.value)
	}
	if k.family == 0 {
		return unix.ENOENT
	}
	k.answer(unix.GENL_ID_CTRL, m.seq, func(w *writer) { w.uint16(unix.CTRL_ATTR_FAMILY_ID, k.family) })
	return 0
}

// change reads a change out of its request and does it.
func (k *fakeKernel) change(m message) syscall.Errno {
	var service Service
	var destination Destination
	for a := m.attributes(); a.next(); {
		var err error
		switch a.typ {
		case attrService:
			service, err = parseService(a.nested(), nil)
		case attrDest:
			_, err = parseDestination(a.nested(), &destination, nil)
		}
		if err != nil {
			return unix.EINVAL
		}
	}
	change := map[byte]Change{
		cmdNewService: AddService{service},
		cmdSetService: UpdateService{service},
		cmdDelService: DeleteService{service.Key},
		cmdNewDest:    AddDestination{service.Key, destination},
		cmdSetDest:    UpdateDestination{service.Key, destination},
		cmdDelDest:    DeleteDestination{service.Key, destination.Addr},
	}[m.payload[0]]
	k.log = append(k.log, change.String())
	if k.spoil != nil {
		if errno := k.spoil(change); errno != 0 {
			k.receives = errno
		}
	}
	if k.refuse != nil {
		if errno := k.refuse(change); errno != 0 {
			return errno
		}
	}
	if service.Key == NewMarkKey(1<<32-1, INET6) { // see impossibleService
		return unix.EINVAL
	}
	return k.table.apply(change)
}

func (k *fakeKernel) setTimeouts(m message) syscall.Errno {
	t, err := decodeTimeouts(m)
	if err != nil || max(t.TCP, t.TCPFin, t.UDP) > 24*24*time.Hour {
		return unix.EINVAL
	}
	k.timeouts.TCP = cmp.Or(t.TCP, k.timeouts.TCP)
	k.timeouts.TCPFin = cmp.Or(t.TCPFin, k.timeouts.TCPFin)
	k.timeouts.UDP = cmp.Or(t.UDP, k.timeouts.UDP)
	return 0
}

// syncDaemon starts or stops a daemon.
func (k *fakeKernel) syncDaemon(m message) syscall.Errno {
	d, err := decodeSyncDaemon(m)
	if err != nil {
		return unix.EINVAL
	}
	_, runs := k.daemons[d.Role]
	switch start := m.payload[0] == cmdNewDaemon; {
	case start && d.Interface != "eth0":
		return unix.ENODEV
	case start && runs:
		return unix.EEXIST
	case start:
		k.daemons[d.Role] = d.Canonical()
	case !runs:
		return unix.ESRCH
	default:
		delete(k.daemons, d.Role)
		return unix.EINTR // the thread had not run
	}
	return 0
}

func (k *fakeKernel) dumpServices(m message) {
	for _, s := range k.table.services() {
		k.answer(k.family, m.seq, func(w *writer) {
			w.service(s)
			// Into the attribute of the service, which is the last one.
			stats := len(w.buf)
			writeKernelStats(w, attrServiceStats64, Stats{Connections: 1 << 34, ByteRateOut: 5})
			start := messageHeaderLen + genericHeaderLen
			putAttr(w.buf[start:], stats-start-attrHeaderLen+len(w.buf)-stats, attrService)
		})
	}
}

func (k *fakeKernel) dumpDestinations(m message) {
	service, err := decodeService(m, nil)
	if err != nil {
		k.tb.Errorf("dump of destinations: %v", err)
		return
	}
	if entry := k.table[service.Key]; entry != nil {
		for _, d := range entry.destinations {
			n := Counters{Active: d.Weight, Stats: Stats{Connections: 1 << 33}}
			k.answer(k.family, m.seq, func(w *writer) {
				if k.old == tunnelsUnknown {
					writeKernelDestination(w, d, n)
				} else {
					w.oldDestination(d, k.old)
				}
			})
		}
	}
}

func (k *fakeKernel) answer(typ uint16, seq uint32, attributes func(*writer)) {
	var w writer
	w.begin(typ, 0, seq, 1, 1)
	attributes(&w)
	w.end()
	k.answers = append(k.answers, w.buf)
}

// acknowledge queues a message of type NLMSG_ERROR or NLMSG_DONE.
func (k *fakeKernel) acknowledge(m message, typ uint16, errno syscall.Errno) {
	b := make([]byte, messageHeaderLen+4)
	binary.NativeEndian.PutUint32(b, uint32(len(b)))
	binary.NativeEndian.PutUint16(b[4:], typ)
	binary.NativeEndian.PutUint32(b[8:], m.seq)
	binary.NativeEndian.PutUint32(b[16:], uint32(-int32(errno)))
	k.answers = append(k.answers, b)
}

// oldDestination writes a destination as a kernel does that lacks attributes.
func (w *writer) oldDestination(d Destination, support tunnelSupport) {
	start := w.open(attrDest)
	w.destinationAddr(d.Addr)
	w.uint32(attrDestForward, uint32(d.Forward))
	w.uint32(attrDestWeight, d.Weight)
	if support >= tunnelsGUE {
		w.uint8(attrDestTunnelType, uint8(d.Tunnel.Type))
		w.port(attrDestTunnelPort, d.Tunnel.Port)
	}
	w.close(start)
}
