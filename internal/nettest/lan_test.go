package nettest

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestLANConnectsCutsAndRestores(t *testing.T) {
	Require(t, NetNS)
	lan := NewLAN(t, "lan")
	a, b := New(t, "a"), New(t, "b")
	lan.Connect(a, "eth0", netip.MustParsePrefix("10.0.0.1/24"), netip.MustParsePrefix("fd00::1/64"))
	port := lan.Connect(b, "eth0", netip.MustParsePrefix("10.0.0.2/24"), netip.MustParsePrefix("fd00::2/64"))

	if !answers(a, "10.0.0.2") || !answers(a, "fd00::2") {
		t.Error("no answer to the first packets after Connect")
	}
	steps := []struct {
		name    string
		do      func()
		flow    bool
		carrier bool
	}{
		{"connected", func() {}, true, true},
		{"cut", func() { lan.Cut(port) }, false, true},
		{"restored after cut", func() { lan.Restore(port) }, true, true},
		{"unplugged", func() { lan.Unplug(port) }, false, false},
		{"restored after unplug", func() { lan.Restore(port) }, true, true},
	}
	for _, s := range steps {
		s.do()
		for _, ip := range []string{"10.0.0.2", "fd00::2"} {
			if !s.flow {
				if answers(a, ip) {
					t.Errorf("%s: %s answers", s.name, ip)
				}
				continue
			}
			Eventually(t, 10*time.Second, s.name+": "+ip+" answers", func() error {
				if !answers(a, ip) {
					return errors.New("no answer")
				}
				return nil
			})
		}
		Eventually(t, 5*time.Second, fmt.Sprintf("%s: carrier is %v", s.name, s.carrier), func() error {
			out := b.Run("ip", "-o", "link", "show", "eth0")
			if strings.Contains(out, "NO-CARRIER") == s.carrier {
				return fmt.Errorf("link %s", out)
			}
			return nil
		})
	}
}

func TestRestoreWithTheOtherEndDown(t *testing.T) {
	Require(t, NetNS)
	lan := NewLAN(t, "lan")
	a, b := New(t, "a"), New(t, "b")
	lan.Connect(a, "eth0", netip.MustParsePrefix("10.0.0.1/24"))
	port := lan.Connect(b, "eth0", netip.MustParsePrefix("10.0.0.2/24"))
	lan.Unplug(port)
	b.Run("ip", "link", "set", "eth0", "down")
	lan.Restore(port)
	b.Run("ip", "link", "set", "eth0", "up")
	Eventually(t, 5*time.Second, "b answers", func() error {
		if !answers(a, "10.0.0.2") {
			return errors.New("no answer")
		}
		return nil
	})
}

// answers reports whether the host with the address refuses a connection from ns.
func answers(ns *Namespace, ip string) bool {
	err := ns.Do(func() error {
		_, err := net.DialTimeout("tcp", net.JoinHostPort(ip, "9"), time.Second)
		return err
	})
	return errors.Is(err, syscall.ECONNREFUSED)
}
