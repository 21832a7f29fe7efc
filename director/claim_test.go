package director

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/ldirector/ldirector/director/ipvs"
)

func TestClaim(t *testing.T) {
	kernel := newFakeTable()
	l := &fakeLedger{keys: []ipvs.Key{key(2), key(3), key(4)}, table: kernel}
	c := newClaim(l, []VirtualServer{virtual(1, ""), virtual(2, "")})
	if err := c.load(); err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]bool{1: true, 2: true, 3: true, 4: true, 5: false} {
		if got := c.covers(key(n)); got != want {
			t.Errorf("service %d is ours: %t, want %t", n, got, want)
		}
	}

	// 4 has gone while we were not running: whoever has it later, it is his.
	c.settle(table{key(3): existing(3, ""), key(5): existing(5, "")})
	if c.covers(key(4)) || !c.covers(key(3)) {
		t.Errorf("leftovers are %v, want service 3", c.leftover)
	}
	saves := func(step string, want ...ipvs.Key) {
		t.Helper()
		if err := c.save(); err != nil {
			t.Errorf("%s: %v", step, err)
		}
		if diff := cmp.Diff(want, l.keys, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
			t.Errorf("%s: ledger (-want +got):\n%s", step, diff)
		}
	}
	saves("before anything is written", key(1), key(2), key(3))
	c.settle(nil)
	saves("when the leftover is deleted", key(1), key(2))
	kernel.log()
	saves("again", key(1), key(2))
	if done := kernel.log(); len(done) > 0 {
		t.Errorf("what is saved already was saved again: %q", done)
	}
}

func TestClaimSaveIsRetried(t *testing.T) {
	full := errors.New("no space left on device")
	l := &fakeLedger{saveErr: full, table: newFakeTable()}
	c := newClaim(l, []VirtualServer{virtual(1, "")})
	if err := c.save(); !errors.Is(err, full) || c.err == nil {
		t.Errorf("save: %v, noted: %v", err, c.err)
	}
	l.saveErr = nil
	if err := c.save(); err != nil || c.err != nil {
		t.Errorf("save: %v, noted: %v", err, c.err)
	}
	if len(l.keys) != 1 {
		t.Errorf("ledger has %v", l.keys)
	}
}
