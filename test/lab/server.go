package lab

import (
	"io"
	"net"
	"sync"
)

// A Server answers each connection with its name and a line feed, then echoes
// what it gets.
type Server struct {
	host    *Host
	network string
	address string
	name    string

	mu       sync.Mutex
	listener net.Listener
	conns    map[net.Conn]bool
	accepted int
	running  sync.WaitGroup
}

// Serve starts a TCP server on the host.
func (h *Host) Serve(address, name string) *Server { return h.serve("tcp", address, name) }

// ServeSCTP starts an SCTP server on an IPv4 address of the host.
func (h *Host) ServeSCTP(address, name string) *Server { return h.serve("sctp", address, name) }

func (h *Host) serve(network, address, name string) *Server {
	h.lab.tb.Helper()
	s := &Server{host: h, network: network, address: address, name: name, conns: make(map[net.Conn]bool)}
	s.Start()
	h.lab.tb.Cleanup(s.Die)
	return s
}

// Start listens again after Die.
func (s *Server) Start() {
	tb := s.host.lab.tb
	tb.Helper()
	err := s.host.Do(func() (err error) {
		if s.network == "sctp" {
			s.listener, err = listenSCTP(s.address)
		} else {
			s.listener, err = net.Listen(s.network, s.address)
		}
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

// Accepted counts the connections that there have been, probes among them.
func (s *Server) Accepted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted
}

func (s *Server) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[c] = true
		s.accepted++
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

// Name is what the server answers with.
func (s *Server) Name() string { return s.name }
