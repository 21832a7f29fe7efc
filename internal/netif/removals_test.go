package netif

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
)

func TestRemovalsTellsOfRoutesAndRules(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	ns := newHost(t, "eth0")
	told := make(chan struct{}, 100)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		done <- ns.Do(func() error {
			Removals(ctx, func() { told <- struct{}{} }, slog.New(slog.DiscardHandler))
			return nil
		})
	}()
	wait := func(what string) {
		t.Helper()
		select {
		case <-told:
		case <-time.After(5 * time.Second):
			t.Fatalf("not told of %s", what)
		}
	}
	wait("the beginning")
	for _, object := range [][]string{
		{"-4", "route", "10.7.0.0/16", "dev", "eth0"}, {"-6", "route", "fd07::/16", "dev", "eth0"},
		{"-4", "rule", "table", "7"}, {"-6", "rule", "table", "7"},
	} {
		ns.Run("ip", append([]string{object[0], object[1], "add"}, object[2:]...)...)
		if len(told) > 0 {
			t.Errorf("told of an addition of %v", object)
		}
		ns.Run("ip", append([]string{object[0], object[1], "del"}, object[2:]...)...)
		wait(object[1])
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
