package nettest

import (
	"net"
	"testing"
	"time"
)

func TestStartRunsAProgram(t *testing.T) {
	p := Start(t, "echo", "hello")
	if err := p.Wait(10 * time.Second); err != nil || p.Output() != "hello\n" {
		t.Errorf("got %q and %v, want its output", p.Output(), err)
	}
}

func TestFreePortIsFree(t *testing.T) {
	addr := FreePort(t)
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(addr))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	u, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(addr))
	if err != nil {
		t.Fatal(err)
	}
	u.Close()
}
