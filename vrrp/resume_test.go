package vrrp

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// replace makes another driver go on in place of the node's, which knows only what the first one says.
func (n *node) replace(set Set) {
	n.lan.t.Helper()
	left, err := n.Leave(n.lan.t.Context())
	<-n.done
	if err != nil {
		n.lan.t.Fatal(err)
	}
	text, err := json.Marshal(left) // it is in another process
	if err != nil {
		n.lan.t.Fatal(err)
	}
	if err := json.Unmarshal(text, &set.Resume); err != nil {
		n.lan.t.Fatal(err)
	}
	n.launch(set)
	pass(0)
}

func TestResumedBackupIsNoNews(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		a := l.router("10.0.0.1", testConfig(150))
		b := l.router("10.0.0.2", testConfig(100))
		pass(400 * time.Millisecond)
		since := b.status().Since
		l.transcript()
		b.replace(Set{NotBefore: time.Now().Add(time.Hour)}) // which is for those who come anew
		l.expect(`400ms 10.0.0.2 is BACKUP as before`)
		if s := b.status(); !s.Since.Equal(since) {
			t.Errorf("backup since %v, was %v", s.Since, since)
		}
		a.kill()
		pass(400 * time.Millisecond)
		masters(t, []*node{b}, b)
	})
}

// What an operator has said of a router holds under the next driver: it would preempt otherwise.
func TestResumedRouterObeysCommands(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		a := l.router("10.0.0.1", testConfig(150))
		b := l.router("10.0.0.2", testConfig(100))
		pass(400 * time.Millisecond)
		if err := a.Release(t.Context(), "VI_1"); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		a.replace(Set{})
		pass(time.Second)
		masters(t, []*node{a, b}, b)
		if err := a.Preempt(t.Context(), "VI_1"); err != nil {
			t.Fatal(err)
		}
		if err := a.SetPriority(t.Context(), "VI_1", 90); err != nil {
			t.Fatal(err)
		}
		a.replace(Set{})
		pass(time.Second)
		masters(t, []*node{a, b}, b)
		if s := a.status(); s.Override != 90 || s.Released {
			t.Errorf("priority set to %d, released: %v", s.Override, s.Released)
		}
	})
}

// Trackers of which the next driver knows nothing yet are as they were: no fault, and no other priority.
func TestResumedRouterKnowsTrackers(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		cfg := testConfig(90)
		cfg.Trackers = []Tracker{{Kind: TrackScript, Name: "plus", Weight: 20}, {Kind: TrackCheck, Name: "gw"}, {Kind: TrackFile, Name: "f", Weight: 1}}
		a := l.router("10.0.0.1", cfg)
		l.router("10.0.0.2", testConfig(100))
		a.SetTracks(Track{TrackScript, "plus", 1}, Track{TrackCheck, "gw", 1}, Track{TrackFile, "f", 5})
		pass(time.Second)
		if s := a.status(); s.State != Master || s.Priority != 115 {
			t.Fatalf("%v with priority %d", s.State, s.Priority)
		}
		a.replace(Set{})
		if s := a.status(); s.State != Master || s.Priority != 115 {
			t.Errorf("%v with priority %d", s.State, s.Priority)
		}
		a.SetTracks(Track{TrackCheck, "gw", 0})
		synctest.Wait()
		if s := a.status(); s.State != Fault {
			t.Errorf("%v", s.State)
		}
		if left := (Legacy{Tracks: []Track{{TrackFile, "f", 5}}}); a.keeps(left) != 7 {
			t.Error("what is known counts less than what was")
		}
	})
}

// keeps returns the number of file f after a Set with what was left, if 7 is known of it.
func (n *node) keeps(left Legacy) int {
	n.SetTracks(Track{TrackFile, "f", 7})
	<-n.Set(Set{Routers: []Router{{Config: n.cfg}}, Resume: left})
	after, err := n.Leave(n.lan.t.Context())
	<-n.done
	i := slices.IndexFunc(after.Tracks, func(t Track) bool { return t.Kind == TrackFile })
	if err != nil || i < 0 {
		n.lan.t.Fatalf("%v, %v", after, err)
	}
	return after.Tracks[i].Value
}

func TestResumedGroupIsNoNews(t *testing.T) {
	bubble(t, func(t *testing.T, in *lan) {
		out := newLAN(t)
		a := newPair(t, in, out, "10.0.0.1", 150)
		pass(400 * time.Millisecond)
		b := newPair(t, in, out, "10.0.0.2", 100)
		pass(time.Second)
		for _, p := range []*pairOf{a, b} {
			left, err := p.Leave(t.Context())
			<-p.done
			if err != nil {
				t.Fatal(err)
			}
			in.transcript()
			p.set.Resume = left
			p.launch(t)
			pass(time.Millisecond)
			state := p.states(t)[0]
			if got, want := in.transcript(), p.address+" group is "+state.String()+" as before"; !strings.Contains(got, want) {
				t.Errorf("no %q in\n%s", want, got)
			}
		}
		pass(time.Second)
		if got := append(a.states(t), b.states(t)...); !slices.Equal(got, []State{Master, Master, Backup, Backup}) {
			t.Errorf("states %v", got)
		}
	})
}

func TestStateAsText(t *testing.T) {
	for _, s := range []State{Initialize, Backup, Master, Fault} {
		text, err := s.MarshalText()
		var got State
		if err == nil {
			err = got.UnmarshalText(text)
		}
		if err != nil || got != s {
			t.Errorf("%v is %v (%v)", s, got, err)
		}
	}
	if err := new(State).UnmarshalText([]byte("KING")); err == nil {
		t.Error("an unknown word is a state")
	}
}
