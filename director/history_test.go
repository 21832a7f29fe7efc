package director

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestContested(t *testing.T) {
	var h history
	for i, step := range []struct {
		drift           bool
		contested, news bool
	}{
		{drift: true}, {}, {drift: true}, {}, {}, // the other program comes more rarely than the passes
		{drift: true, contested: true, news: true},
		{drift: true, contested: true},
		{contested: true}, {contested: true},
		{drift: true, contested: true}, // not quiet in a row
		{contested: true}, {contested: true},
		{news: true},
		{drift: true}, {drift: true}, {}, {}, {}, // forgotten
		{drift: true}, {drift: true},
		{drift: true, contested: true, news: true},
	} {
		if news := h.notePass(step.drift); news != step.news || h.contested != step.contested {
			t.Errorf("pass %d: contested %t, news %t", i, h.contested, news)
		}
	}
	if h.repairs != 10 {
		t.Errorf("%d repairs", h.repairs)
	}
}

// Another program that fights for a service gets one repair each interval and
// two words in the log.
func TestFightOverAService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, newFakeTable(), &fakeLedger{}, services(virtual(1, "1=1", withoutAlpha), virtual(2, "1=1", withoutAlpha)))
		begin := time.Now()
		b.kernel.set(func(t *fakeTable) { t.writes = nil })
		for round := 1; round <= 10; round++ {
			b.kernel.set(func(t *fakeTable) { t.services[key(1)] = existing(1, "1=5") })
			time.Sleep(DefaultResync)
			synctest.Wait()
			s := b.Status()
			if v := s.VirtualServers[0]; v.Repairs != uint64(round) || v.Contested != (round >= 3) || !v.Changed.Equal(time.Now()) {
				t.Errorf("round %d: %+v", round, v)
			}
			if v := s.VirtualServers[1]; v.Repairs != 0 || v.Contested || !v.Changed.Equal(begin) {
				t.Errorf("round %d: the other service: %+v", round, v)
			}
		}
		if n := len(b.kernel.writes); n != 10 {
			t.Errorf("%d writes in 10 intervals", n)
		}
		b.update(virtual(1, "1=2", withoutAlpha), virtual(2, "1=1", withoutAlpha))
		time.Sleep(3 * DefaultResync)
		synctest.Wait()
		if v := b.Status().VirtualServers[0]; v.Contested || v.Repairs != 10 {
			t.Errorf("in the end: %+v", v)
		}
		for words, want := range map[string]int{"changed by another program": 3, "keeps changing": 1, "left alone again": 1} {
			if got := strings.Count(b.logged.String(), words); got != want {
				t.Errorf("%q %d times in the log, want %d:\n%s", words, got, want, b.logged)
			}
		}
		b.expectStop()
	})
}
