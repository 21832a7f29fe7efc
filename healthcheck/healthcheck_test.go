package healthcheck

import (
	"net/netip"
	"testing"
	"time"
)

func TestStateString(t *testing.T) {
	for state, want := range map[State]string{Unknown: "unknown", Up: "up", Down: "down", 7: "State(7)"} {
		if got := state.String(); got != want {
			t.Errorf("State(%d).String() = %q, want %q", uint8(state), got, want)
		}
	}
}

func TestEqualChecksAreOneKey(t *testing.T) {
	check := func() Check {
		return Spec{
			Prober: TCP{},
			Target: Target{Addr: netip.MustParseAddrPort("192.0.2.1:80"), Source: netip.MustParseAddrPort("192.0.2.9:0")},
			Timing: Timing{Interval: 6 * time.Second, Timeout: 5 * time.Second, Retry: 1, RetryDelay: time.Second, Rise: 1},
		}.Check()
	}
	set := map[Check]bool{check(): true}
	if !set[check()] {
		t.Error("an equal check is another key")
	}
	other := check().Spec()
	other.Timing.Retry = 2
	if set[other.Check()] {
		t.Error("a check with another timing is the same key")
	}
}
