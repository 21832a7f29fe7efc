package director

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFileMemoryOfVerdicts(t *testing.T) {
	m := FileMemory{Verdicts: filepath.Join(t.TempDir(), "run", "verdicts.json")}
	since := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	want := []Judged{
		{VirtualServer: "web", RealServer: server(1), Up: true, Since: since, Probed: since, Weight: 7, Base: 5, Warnings: 1, Warning: "old", Climbs: true},
		{VirtualServer: "web", RealServer: server(2), Reason: "refused", Weight: 1, Base: 1},
	}
	if err := m.SaveVerdicts(want); err != nil {
		t.Fatal(err)
	}
	checkMode(t, m.Verdicts, 0o600)
	text, _ := os.ReadFile(m.Verdicts)
	form := `{"verdicts":[{"virtual_server":"web","real_server":"10.0.0.1:80","up":true,"since":"2026-01-02T03:04:05Z","probed":"2026-01-02T03:04:05Z",` +
		`"weight":7,"base":5,"warnings":1,"warning":"old","climbs":true},` +
		`{"virtual_server":"web","real_server":"10.0.0.2:80","up":false,"reason":"refused","weight":1,"base":1}]}` + "\n"
	if diff := cmp.Diff(form, string(text)); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
	for _, want := range [][]Judged{want, nil} { // once
		got, err := m.TakeVerdicts()
		if diff := cmp.Diff(want, got, equatable); diff != "" || err != nil {
			t.Errorf("%v, taken (-want +got):\n%s", err, diff)
		}
	}
	if err := os.WriteFile(m.Verdicts, []byte(`{"verdicts":7}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := m.TakeVerdicts(); !errors.Is(err, ErrMemoryCorrupt) {
		t.Errorf("taken %v, %v", got, err)
	}
	if got, err := m.TakeVerdicts(); got != nil || err != nil {
		t.Errorf("what is corrupt stays: %v, %v", got, err)
	}
}

// states is the status of the first virtual server in a line.
func (b *bench) states() string {
	var all []string
	for _, r := range b.Status().VirtualServers[0].RealServers {
		all = append(all, r.State)
	}
	return strings.Join(all, " ")
}

// again starts another director where this one has stopped.
func (b *bench) again(t *testing.T, cfg Config) *bench {
	t.Helper()
	b.expectStop()
	b.kernel.log()
	return start(t, b.kernel, b.ledger, cfg)
}

// What is up stays up and what is down stays down over a restart that keeps the
// services, and nothing of it is news, until a probe says something else.
func TestNextRunKnowsStates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := services(virtual(1, "1=1 2=2 3=3", withoutAlpha, withSorry))
		b := start(t, newFakeTable(), &fakeLedger{}, cfg)
		b.probe("1+ 2- 3-")
		time.Sleep(time.Minute)
		since := b.Status().VirtualServers[0].RealServers[1].Since
		b.Keep()
		b = b.again(t, cfg)
		b.expectChanges()
		if got := b.states(); got != "up down down" {
			t.Errorf("states %q", got)
		}
		if r := b.Status().VirtualServers[0].RealServers[1]; !r.Since.Equal(since) || r.Reason != "tcp_check: connection refused" {
			t.Errorf("%+v, want since %v", r, since)
		}
		b.expectNews("web1 gained first: ")
		b.probe("1+ 2-")
		b.expectChanges()
		b.expectNews()
		if r := b.Status().VirtualServers[0].RealServers[1]; !r.Since.Equal(since) {
			t.Errorf("%+v, want since %v", r, since)
		}
		b.probe("3+")
		b.probe("1-")
		b.expectNews("web1 up 3: ", "web1 down 1 (tcp_check: connection refused): ")
		b.expectTable("TCP 192.0.2.1:80 wrr\n  -> 10.0.0.3:80 DR 3\n")

		// A crash says nothing but what is in the table.
		b.kernel.log()
		b.Keep()
		b.expectStop()
		b.kernel.verdicts = nil
		b = start(t, b.kernel, b.ledger, cfg)
		if got := b.states(); got != "unknown unknown unknown" {
			t.Errorf("states %q", got)
		}
		b.expectStop()
	})
}

// A verdict is for the server it was about, with the weight that was asked about.
func TestVerdictsOfAnotherConfiguration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := services(virtual(1, "1=5 2=5 3=5"), virtual(2, "1=1"))
		cfg.OnExit = KeepOnExit
		b := start(t, newFakeTable(), &fakeLedger{}, cfg)
		b.probe("1+ 2-")
		b = b.again(t, services(virtual(1, "1=9 3=5 4=5"), virtual(3, "1=1", withoutChecks)))
		if got := b.states(); got != "up unknown unknown" {
			t.Errorf("states %q", got)
		}
		b.expectTable("TCP 192.0.2.1:80 wrr\n  -> 10.0.0.1:80 DR 9\nTCP 192.0.2.3:80 wrr\n  -> 10.0.0.1:80 DR 1\n")
		b.expectStop()
	})
}

func TestSlowStartOverARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := services(virtual(1, "1=10 2=1", withSlowStart(30*time.Second)))
		b := start(t, newFakeTable(), &fakeLedger{}, cfg)
		b.probe("2+ 1-")
		b.probe("1+")
		time.Sleep(15 * time.Second)
		expect := func(want string) {
			t.Helper()
			synctest.Wait()
			if got := b.kernel.destinations(1); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		expect("1=5 2=1")
		b.Keep()
		b = b.again(t, cfg)
		b.expectChanges()
		expect("1=5 2=1")
		b.probe("1+ 2+")
		time.Sleep(14 * time.Second)
		expect("1=9 2=1")
		time.Sleep(time.Second)
		expect("1=10 2=1")
		b.expectStop()
	})
}
