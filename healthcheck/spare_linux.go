package healthcheck

// maxSpares bounds the spare sockets of each family: those of one step, with
// ten thousand targets in two seconds, and as many again.
const maxSpares = 128

// spares are sockets of TCP connections that have been reset. They connect
// again, to any target that says nothing of its sockets, which takes half the
// time that it takes to open, set up, watch and close one for each connect.
type spares struct {
	v4, v6 []int
}

// of returns where the sockets are that can connect to t. It returns nil if none
// can.
func (s *spares) of(t Target) *[]int {
	switch {
	case t != Target{Addr: t.Addr}:
		return nil
	case t.Addr.Addr().Unmap().Is4():
		return &s.v4
	default:
		return &s.v6
	}
}

// take returns a socket that has begun to connect to t. ok is false if there is
// none. An error is the answer of the probe, as that of connect.
func (s *spares) take(t Target) (fd int, ok bool, err error) {
	list := s.of(t)
	if list == nil || len(*list) == 0 {
		return 0, false, nil
	}
	last := len(*list) - 1
	fd = (*list)[last]
	*list = (*list)[:last]
	if err = connectTo(fd, t.Addr); err != nil {
		closeSocket(fd)
	}
	return fd, true, err
}

// put resets the connection of fd to t. The socket is a spare one from then on,
// or closed.
func (s *spares) put(fd int, t Target) {
	list := s.of(t)
	if list == nil || len(*list) >= maxSpares || disconnect(fd) != nil {
		closeSocket(fd)
		return
	}
	*list = append(*list, fd)
}

// close closes them all.
func (s *spares) close() {
	for _, fd := range s.v4 {
		closeSocket(fd)
	}
	for _, fd := range s.v6 {
		closeSocket(fd)
	}
	*s = spares{}
}
