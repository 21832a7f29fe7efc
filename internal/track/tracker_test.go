package track

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/vrrp"
)

// A stub is a prober that says what the test wants.
type stub struct {
	name string
	mu   sync.Mutex
	down bool
}

func (*stub) Kind() string { return "stub" }

func (s *stub) Probe(context.Context, healthcheck.Target, healthcheck.State) (healthcheck.Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return healthcheck.Result{}, errors.New("exit status 1")
	}
	return healthcheck.Result{}, nil
}

func (s *stub) set(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// check asks a stub every 10 seconds, and would wait for long before the first time.
func (s *stub) check() healthcheck.Check {
	return healthcheck.Spec{Prober: s, Timing: healthcheck.Timing{
		Interval: 10 * time.Second, Timeout: time.Second, RetryDelay: time.Second, Warmup: time.Hour,
	}}.Check()
}

// A bench is a Tracker that runs in a synctest bubble.
type bench struct {
	*Tracker
	t      *testing.T
	stop   func()
	mu     sync.Mutex
	tracks []string
}

func run(t *testing.T, cfg Config) *bench {
	t.Helper()
	b := &bench{t: t}
	b.Tracker = New(b.note, slog.New(slog.DiscardHandler))
	b.Set(cfg)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- b.Run(ctx) }()
	b.stop = func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run returned %v, want nil", err)
		}
	}
	return b
}

func (b *bench) note(tracks []vrrp.Track) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tracks = append(b.tracks, texts(tracks)...)
}

func texts(tracks []vrrp.Track) (all []string) {
	for _, t := range tracks {
		all = append(all, fmt.Sprintf("%s=%d", t.Name, t.Value))
	}
	return all
}

// expect compares what was reported since the last call, in any order.
func (b *bench) expect(want string) {
	b.t.Helper()
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	slices.Sort(b.tracks)
	if got := strings.Join(b.tracks, " "); got != want {
		b.t.Errorf("reported %q, want %q", got, want)
	}
	b.tracks = nil
}

func (b *bench) expectAll(want string) {
	b.t.Helper()
	synctest.Wait()
	if got := strings.Join(texts(b.All()), " "); got != want {
		b.t.Errorf("known is %q, want %q", got, want)
	}
}

func script(name string, initFail bool, stubs ...*stub) Probe {
	p := Probe{Kind: vrrp.TrackScript, Name: name, InitFail: initFail}
	for _, s := range stubs {
		p.Checks = append(p.Checks, s.check())
	}
	return p
}

func TestScripts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		good, bad, both := &stub{name: "good"}, &stub{name: "bad", down: true}, &stub{name: "both"}
		b := run(t, Config{Probes: []Probe{script("good", false, good), script("bad", false, bad), script("both", false, good, both)}})
		b.expect("bad=0 both=1 good=1") // at once
		both.set(true)
		time.Sleep(10 * time.Second)
		b.expect("both=0")
		both.set(false)
		bad.set(false)
		time.Sleep(10 * time.Second)
		b.expect("bad=1 both=1")
		time.Sleep(time.Hour)
		b.expect("")
		b.expectAll("good=1 bad=1 both=1")
		b.Repeat()
		b.expect("bad=1 both=1 good=1")
		b.stop()
	})
}

// A slow is a prober that answers after a second.
type slow struct{ stub }

func (s *slow) Probe(ctx context.Context, t healthcheck.Target, was healthcheck.State) (healthcheck.Result, error) {
	time.Sleep(time.Second)
	return s.stub.Probe(ctx, t, was)
}

func TestNothingIsSaidBeforeTheFirstResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spec := healthcheck.Spec{Prober: &slow{}, Timing: healthcheck.Timing{Interval: 10 * time.Second, Timeout: 5 * time.Second}}
		p := Probe{Kind: vrrp.TrackCheck, Name: "later", Checks: []healthcheck.Check{spec.Check()}}
		pessimist := p
		pessimist.Name, pessimist.InitFail = "pessimist", true
		b := run(t, Config{Probes: []Probe{p, pessimist}, VirtualServers: []string{"web"}})
		b.expect("pessimist=0")
		b.expectAll("pessimist=0")
		time.Sleep(time.Second)
		b.expect("later=1 pessimist=1")
		b.SetVirtualServer("web", false)
		b.SetVirtualServer("dns", true)
		b.expect("web=0")
		b.SetVirtualServer("web", true)
		b.expect("web=1")
		b.SetVirtualServer("web", true)
		b.expect("")
		b.expectAll("later=1 pessimist=1 web=1")
		b.stop()
	})
}

func TestSetKeepsWhatStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two, three := &stub{name: "one"}, &stub{name: "two", down: true}, &slow{}
		b := run(t, Config{Probes: []Probe{script("a", true, one), script("b", false, two)}, VirtualServers: []string{"web"}})
		b.SetVirtualServer("web", true)
		b.SetVirtualServer("dns", true)
		b.expect("a=0 a=1 b=0 web=1")
		slowly := healthcheck.Spec{Prober: three, Timing: healthcheck.Timing{Interval: 10 * time.Second, Timeout: 5 * time.Second}}
		changed := Probe{Kind: vrrp.TrackScript, Name: "a", Checks: []healthcheck.Check{slowly.Check()}, InitFail: true}
		b.Set(Config{Probes: []Probe{script("b", false, two), changed, script("c", false, one)}, VirtualServers: []string{"dns"}})
		b.expect("c=1 dns=1") // a has succeeded once: a reload is no failure
		b.expectAll("b=0 a=1 c=1 dns=1")
		three.set(true)
		time.Sleep(time.Second)
		b.expect("a=0")
		b.Set(Config{Probes: []Probe{script("b", false, two)}})
		b.expectAll("b=0")
		b.Set(Config{})
		b.Set(Config{Probes: []Probe{script("b", false, two)}})
		b.expectAll("b=0")
		b.stop()
	})
}

func TestChangesAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		gateway := &stub{down: true}
		ping := Probe{Kind: vrrp.TrackCheck, Name: "gw", Checks: []healthcheck.Check{gateway.check()}}
		tracker := New(func([]vrrp.Track) {}, slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{ReplaceAttr: withoutTime})))
		tracker.Set(Config{Probes: []Probe{ping}})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- tracker.Run(ctx) }()
		synctest.Wait()
		tracker.Set(Config{Probes: []Probe{ping, script("nginx", false, &stub{down: true})}})
		synctest.Wait()
		gateway.set(false)
		time.Sleep(10 * time.Second)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run returned %v, want nil", err)
		}
		want := strings.TrimLeft(`
level=INFO msg="tracker changed" kind=track_check name=gw value=0 reason="stub: exit status 1"
level=INFO msg="tracker changed" kind=track_script name=nginx value=0 reason="exit status 1"
level=INFO msg="tracker changed" kind=track_check name=gw value=1
`, "\n")
		if diff := cmp.Diff(want, text.String()); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
	})
}

func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

func TestFilesAndProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "priority")
	var mu sync.Mutex
	var got []vrrp.Track
	arrived := make(chan struct{}, 100)
	tracker := New(func(tracks []vrrp.Track) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, tracks...)
		arrived <- struct{}{}
	}, slog.New(slog.DiscardHandler))
	tracker.Set(Config{
		Files:     []File{{Name: "manual", Path: path}},
		Processes: []Process{{Name: "impossible", Command: []string{"no such name"}, Quorum: 1}},
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- tracker.Run(ctx) }()
	await := func(want ...vrrp.Track) {
		t.Helper()
		timeout := time.After(20 * time.Second)
		for {
			mu.Lock()
			have := slices.Clone(got)
			mu.Unlock()
			slices.SortFunc(have, func(a, b vrrp.Track) int { return strings.Compare(a.Name, b.Name) })
			diff := cmp.Diff(want, have)
			if diff == "" {
				break
			}
			select {
			case <-arrived:
			case <-timeout:
				t.Fatalf("tracks (-want +got):\n%s", diff)
			}
		}
		mu.Lock()
		got = nil
		mu.Unlock()
	}
	await(vrrp.Track{Kind: vrrp.TrackProcess, Name: "impossible"}, vrrp.Track{Kind: vrrp.TrackFile, Name: "manual"})
	if err := os.WriteFile(path, []byte("-30\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	await(vrrp.Track{Kind: vrrp.TrackFile, Name: "manual", Value: -30})
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run returned %v, want nil", err)
	}
}
