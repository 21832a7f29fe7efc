package netif

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestPacerKeepsTheInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pacer
		var log syncedText
		start := time.Now()
		a, b := &Host{log: slog.New(slog.DiscardHandler)}, &Host{log: slog.New(slog.DiscardHandler)}
		send := func(key lane, interval time.Duration, owner *Host, name string) {
			err := p.send(key, interval, announcement{owner: owner, send: func() error {
				fmt.Fprintf(&log, "%s %s\n", time.Since(start), name)
				return nil
			}})
			if err != nil {
				t.Error(err)
			}
		}
		eth0, eth1 := lane{device: "eth0"}, lane{device: "eth1"}
		for _, name := range []string{"a1", "a2", "a3"} {
			send(eth0, 100*time.Millisecond, a, name)
		}
		send(eth0, 100*time.Millisecond, b, "b1") // other host, same interface
		send(eth1, 100*time.Millisecond, a, "other interface")
		send(lane{device: "eth0", ipv6: true}, 0, a, "no limit")
		time.Sleep(150 * time.Millisecond)
		p.cancel(a) // a3
		time.Sleep(time.Second)
		send(eth0, 100*time.Millisecond, b, "b2")
		time.Sleep(50 * time.Millisecond)
		send(eth0, 100*time.Millisecond, b, "b3")
		p.cancel(b)
		time.Sleep(time.Second)
		want := "0s a1\n0s other interface\n0s no limit\n100ms a2\n200ms b1\n1.15s b2\n"
		if log.String() != want {
			t.Errorf("got:\n%swant:\n%s", log.String(), want)
		}
	})
}

func TestPacerTellsOfErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pacer
		var log syncedText
		owner := &Host{log: slog.New(slog.NewTextHandler(&log, nil))}
		fail := announcement{owner: owner, send: func() error { return errors.New("no room") }}
		if err := p.send(lane{}, time.Second, fail); err == nil {
			t.Error("no error at once")
		}
		if err := p.send(lane{}, time.Second, fail); err != nil {
			t.Errorf("error %v of what waits", err)
		}
		time.Sleep(2 * time.Second)
		if !strings.Contains(log.String(), "no room") {
			t.Errorf("log: %s", log.String())
		}
	})
}

// syncedText is a text that several goroutines write to.
type syncedText struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *syncedText) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *syncedText) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}
