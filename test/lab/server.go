package lab

import (
	"io"
	"net"
	"sync"
)

// A Server answers each TCP connection with its name and a line feed, then
// echoes what it gets.
type Server struct {
	host    *Host
	address string
	name    string

	mu       sync.Mutex
	listener net.Listener
	conns    map[net.Conn]bool
	running  sync.WaitGroup
}

// Serve starts a server on the host.
func (h *Host) Serve(address, name string) *Server {
	h.lab.tb.Helper()
	s := &Server{host: h, address: address, name: name, conns: make(map[net.Conn]bool)}
	s.Start()
	h.lab.tb.Cleanup(s.Die)
	return s
}

// Start listens again after Die.
func (s *Server) Start() {
	tb := s.host.lab.tb
	tb.Helper()
	err := s.host.Do(func() (err error) {
		s.listener, err = net.Listen("tcp", s.address)
		return err
	})
	if err != nil {
		tb.Fatalf("%s: listen on %s: %v", s.name, s.address, err)
	}
	s.running.Go(func() { s.accept(s.listener) })
}

// Die ends the server as a crash does: the port is closed and so are all
// connections.
func (s *Server) Die() {
	_ = s.listener.Close()
	s.mu.Lock()
	for c := range s.conns {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.running.Wait()
}

func (s *Server) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[c] = true
		s.mu.Unlock()
		s.running.Go(func() { s.answer(c) })
	}
}

func (s *Server) answer(c net.Conn) {
	defer func() {
		_ = c.Close()
		s.mu.Lock()
		delete(s.conns, c)
		s.mu.Unlock()
	}()
	if _, err := io.WriteString(c, s.name+"\n"); err == nil {
		_, _ = io.Copy(c, c)
	}
}

// ServeUDP answers every UDP packet with the name until the test ends.
func (h *Host) ServeUDP(address, name string) {
	h.lab.tb.Helper()
	var pc net.PacketConn
	err := h.Do(func() (err error) {
		pc, err = net.ListenPacket("udp", address)
		return err
	})
	if err != nil {
		h.lab.tb.Fatalf("%s: listen on %s: %v", name, address, err)
	}
	h.lab.tb.Cleanup(func() { _ = pc.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			_, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = pc.WriteTo([]byte(name+"\n"), from)
		}
	}()
}
