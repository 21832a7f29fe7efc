package main

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestServiceManager plays systemd: the daemon tells that it is ready, alive and
// about to stop.
func TestServiceManager(t *testing.T) {
	h := newHost(t)
	h.write("")
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	cmd := h.play("run")
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+path, "WATCHDOG_USEC=30000")
	daemon := h.ns.Start(cmd)
	await := func(want string) {
		t.Helper()
		var heard []string
		for range 1000 {
			if err := socket.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
				t.Fatal(err)
			}
			buf := make([]byte, 4096)
			n, err := socket.Read(buf)
			if err != nil {
				t.Fatalf("no %s after %q: %v\n%s", want, heard, err, daemon.Output())
			}
			if heard = append(heard, string(buf[:n])); strings.HasPrefix(heard[len(heard)-1], want) {
				return
			}
		}
		t.Fatalf("no %s among 1000 messages", want)
	}
	await("READY=1")
	await("WATCHDOG=1")
	await("WATCHDOG=1")
	reloaded := make(chan struct{})
	go func() {
		defer close(reloaded)
		h.says(0, "", "reload")
	}()
	for waiting := true; waiting; await("WATCHDOG=1") { // a socket that nobody reads holds up the daemon
		select {
		case <-reloaded:
			waiting = false
		default:
		}
	}
	stopped := make(chan error, 1)
	go func() { stopped <- daemon.Stop(20 * time.Second) }()
	await("STOPPING=1")
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}
