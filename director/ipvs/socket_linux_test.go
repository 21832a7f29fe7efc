package ipvs

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

// askFamilies sends n requests for the family that every kernel has.
func askFamilies(t *testing.T, s *socket, n int) {
	t.Helper()
	var w writer
	for i := range n {
		w.begin(unix.GENL_ID_CTRL, 0, uint32(i), unix.CTRL_CMD_GETFAMILY, 1)
		w.string(unix.CTRL_ATTR_FAMILY_NAME, "nlctrl")
		w.end()
	}
	if err := s.send(w.buf); err != nil {
		t.Fatal(err)
	}
}

func newSocket(t *testing.T) *socket {
	t.Helper()
	s, err := openSocket()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.close() })
	return s
}

func TestSocketTalksToTheKernel(t *testing.T) {
	s := newSocket(t)
	askFamilies(t, s, 3)
	b := make([]byte, maxDatagram)
	for i := range 3 {
		n, err := s.receive(b)
		if err != nil {
			t.Fatal(err)
		}
		m, _, err := nextMessage(b[:n])
		if err != nil || m.seq != uint32(i) {
			t.Fatalf("answer with sequence number %d, error %v; want %d", m.seq, err, i)
		}
		if id, err := decodeFamily(m); id != unix.GENL_ID_CTRL || err != nil {
			t.Errorf("family %d, error %v; want %d", id, err, unix.GENL_ID_CTRL)
		}
	}
}

func TestSocketRefusesCutDatagram(t *testing.T) {
	s := newSocket(t)
	askFamilies(t, s, 1)
	if n, err := s.receive(make([]byte, 20)); !errors.Is(err, errTruncated) {
		t.Errorf("%d bytes, error %v; want %v", n, err, errTruncated)
	}
}

func TestSocketDiscards(t *testing.T) {
	s := newSocket(t)
	askFamilies(t, s, 10)
	s.discard()
	if _, _, err := unix.Recvfrom(s.fd, make([]byte, 1), unix.MSG_DONTWAIT); !errors.Is(err, unix.EAGAIN) {
		t.Errorf("after discard: error %v, want %v", err, unix.EAGAIN)
	}
}

func TestSocketBuffersAnswersToAWholeBatch(t *testing.T) {
	s := newSocket(t)
	var w writer
	for i := range 2 * batchSize { // each fails: the kernel has no such command
		w.begin(unix.GENL_ID_CTRL, 0, uint32(i), 255, 1)
		w.end()
	}
	if err := s.send(w.buf); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, maxDatagram)
	for i := range 2 * batchSize {
		n, err := s.receive(b)
		if err != nil {
			t.Fatalf("answer %d: %v", i, err)
		}
		m, _, err := nextMessage(b[:n])
		if errno, _ := m.errno(); err != nil || m.seq != uint32(i) || errno == 0 {
			t.Fatalf("answer %d: sequence number %d, errno %v, error %v", i, m.seq, errno, err)
		}
	}
}

func TestSocketClosed(t *testing.T) {
	s := newSocket(t)
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	if err := s.send(nil); !errors.Is(err, unix.EBADF) {
		t.Errorf("send: error %v, want %v", err, unix.EBADF)
	}
	if _, err := s.receive(nil); !errors.Is(err, unix.EBADF) {
		t.Errorf("receive: error %v, want %v", err, unix.EBADF)
	}
	s.discard() // returns
}

// Only the kernel can send to the socket.
func TestSocketRefusesOtherSenders(t *testing.T) {
	s := newSocket(t)
	name, err := unix.Getsockname(s.fd)
	if err != nil {
		t.Fatal(err)
	}
	other, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_GENERIC)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(other)
	var w writer
	w.begin(unix.GENL_ID_CTRL, 0, 1, unix.CTRL_CMD_NEWFAMILY, 1)
	w.end()
	err = unix.Sendto(other, w.buf, 0, name)
	if !errors.Is(err, unix.ECONNREFUSED) && !errors.Is(err, unix.EPERM) { // EPERM without CAP_NET_ADMIN
		t.Errorf("a forged answer: error %v, want %v", err, unix.ECONNREFUSED)
	}
}
