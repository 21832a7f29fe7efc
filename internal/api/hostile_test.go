package api

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
)

// Whoever begins a request and does not go on is cut off, and so is one who says
// too much; others are answered meanwhile.
func TestHostileClientsAreCutOff(t *testing.T) {
	t.Parallel()
	path := serveDaemon(t, fakeDaemon{status: twoServices()})
	dial := func(text string) net.Conn {
		t.Helper()
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
		return conn
	}
	slow := []net.Conn{
		dial(""),
		dial("GET /api/v1/status HTTP/1.1\r\nHost: x\r\nX-Half: "),
		dial("PUT /api/v1/vrrp_instances/VI_1/priority HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"),
	}
	greedy := dial("GET /api/v1/status HTTP/1.1\r\nHost: x\r\n")
	for range 100 { // until the other end has closed
		if _, err := fmt.Fprintf(greedy, "X: %s\r\n", strings.Repeat("x", 1<<10)); err != nil {
			break
		}
	}
	if text, _ := io.ReadAll(greedy); !strings.Contains(string(text), "431") && len(text) > 0 {
		t.Errorf("too many headers: %s", text)
	}
	if _, err := NewClient(path).Status(t.Context()); err != nil {
		t.Errorf("beside slow ones: %v", err)
	}
	for i, conn := range slow {
		if text, err := io.ReadAll(conn); err != nil || strings.Contains(string(text), "200 OK") {
			t.Errorf("slow one %d: %v, %s", i, err, text)
		}
	}
}
