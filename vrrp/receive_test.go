package vrrp

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMalformedPacketsAreCountedAndTouchNoTimer(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		r := l.router("10.0.0.1", testConfig(100))
		good := func() Packet {
			source := addr("10.0.0.9")
			return Packet{
				Source: source, Destination: multicastGroup(), TTL: 255,
				Payload: withChecksum("31 33 c8 01 000a 0000 0a000064", ChecksumPseudoHeader, source, multicastGroup()),
			}
		}
		bad := map[Refusal]func(*Packet){
			BadTTL:         func(p *Packet) { p.TTL = 1 },
			BadDestination: func(p *Packet) { p.Destination = addr("10.0.0.1") },
			BadVersion:     func(p *Packet) { p.Payload[0] = 0x21 },
			BadType:        func(p *Packet) { p.Payload[0] = 0x35 },
			Truncated:      func(p *Packet) { p.Payload = p.Payload[:9] },
			BadChecksum:    func(p *Packet) { p.Payload[2]++ },
			OwnSource: func(p *Packet) {
				p.Source = addr("10.0.0.1")
				p.Payload = withChecksum("31 33 c8 01 000a 0000 0a000064", ChecksumPseudoHeader, p.Source, multicastGroup())
			},
		}
		want := make(map[Refusal]uint64)
		for reason, spoil := range bad {
			want[reason] = 10
			go func() {
				for range 10 {
					time.Sleep(50 * time.Millisecond)
					p := good()
					spoil(&p)
					l.inject(p)
				}
			}()
		}
		pass(600 * time.Millisecond)
		// Takes over and advertises as if nothing had been there.
		l.expect(`
			0s 10.0.0.1 is BACKUP
			360.93ms 10.0.0.1 advertises 100
			360.93ms 10.0.0.1 adds addresses
			360.93ms 10.0.0.1 announces
			360.93ms 10.0.0.1 is MASTER
			460.93ms 10.0.0.1 advertises 100
			560.93ms 10.0.0.1 advertises 100
		`)
		if diff := cmp.Diff(want, r.Status().Counters.Refused); diff != "" {
			t.Errorf("refused (-want +got):\n%s", diff)
		}
		if n := r.Status().Counters.AdvertsReceived; n != 0 {
			t.Errorf("%d received", n)
		}
	})
}

func TestDifferencesAreCountedButAccepted(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		r := l.router("10.0.0.1", testConfig(100))
		source := addr("10.0.0.9")
		l.inject(Packet{
			Source: source, Destination: multicastGroup(), TTL: 255,
			Payload: withChecksum("31 33 c8 01 0064 0000 0a0000c8", ChecksumMessage, source, multicastGroup()),
		})
		pass(time.Second) // their interval was learned: silence is longer now
		s := r.Status()
		if s.State != Backup || s.Master != source {
			t.Errorf("%v, master %v", s.State, s.Master)
		}
		want := Counters{AdvertsReceived: 1, ChecksumMessage: 1, AddressMismatch: 1, IntervalMismatch: 1, Refused: map[Refusal]uint64{}}
		if diff := cmp.Diff(want, s.Counters); diff != "" {
			t.Errorf("counters (-want +got):\n%s", diff)
		}
	})
}

func TestReceiveErrorsAreNotFatal(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		a := l.router("10.0.0.1", testConfig(150))
		b := l.router("10.0.0.2", testConfig(100))
		pass(400 * time.Millisecond)
		b.conn.set(func() { b.conn.recvErr = errors.New("network is down") })
		pass(time.Second)
		masters(t, []*router{a, b}, a)
		if n := b.Status().Counters.ReceiveErrors; n != 1 {
			t.Errorf("%d receive errors", n)
		}
	})
}

func TestOtherVirtualRoutersDoNotMeet(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		other := testConfig(200)
		other.VRID = 52
		a, b := l.router("10.0.0.1", testConfig(100)), l.router("10.0.0.2", other)
		pass(time.Second)
		masters(t, []*router{a, b}, a, b)
		if s := a.Status(); s.Counters.Refused[BadVRID] == 0 || s.Counters.AdvertsReceived != 0 {
			t.Errorf("counters %+v", s.Counters)
		}
	})
}

func TestRefusalsAreLoggedAtALimitedRate(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		var text bytes.Buffer // written by one goroutine, read when that has ended
		log := slog.New(slog.NewTextHandler(&text, nil))
		i := NewInstance(testConfig(100), l.connect("10.0.0.1"), &memHost{lan: l, source: "10.0.0.1"}, func(Transition) {}, log)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- i.Run(ctx) }()
		synctest.Wait()
		for range 1000 {
			l.inject(Packet{Source: addr("10.0.0.9"), Destination: multicastGroup(), TTL: 255, Payload: []byte{0x21, 51}})
			l.inject(Packet{Source: addr("10.0.0.9"), Destination: multicastGroup(), TTL: 1})
			pass(100 * time.Millisecond)
		}
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		for line, want := range map[string]int{
			`msg="advertisement refused, there may be two masters" instance=VI_1 interface=eth0 reason=bad_version source=10.0.0.9`: 2,
			`msg="advertisement refused" instance=VI_1 interface=eth0 reason=bad_ttl source=10.0.0.9`:                               2,
			`reason=bad_ttl source=10.0.0.9 suppressed=599`:                                                                         1,
		} {
			if n := strings.Count(text.String(), line); n != want {
				t.Errorf("%d times, want %d: %s", n, want, line)
			}
		}
		if t.Failed() {
			t.Log(text.String())
		}
	})
}

func TestFloodDoesNotHoldUpTheTimers(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		// More packets come while those that wait are taken.
		conn := &endlessConn{memConn: l.connect("10.0.0.1")}
		i := NewInstance(testConfig(100), conn, &memHost{lan: l}, func(Transition) {}, slog.New(slog.DiscardHandler))
		if more := i.drain(time.Now()); !more {
			t.Error("nothing is left")
		}
		if n := i.Status().Counters.Refused[BadTTL]; n != drainMost {
			t.Errorf("%d packets taken, want %d", n, drainMost)
		}
	})
}

// An endlessConn always has one more packet.
type endlessConn struct{ *memConn }

func (*endlessConn) Receive() (Packet, bool, error) { return Packet{TTL: 1}, true, nil }

func TestNoPacketIsLeftWaiting(t *testing.T) {
	bubble(t, func(t *testing.T, l *lan) {
		r := l.router("10.0.0.1", testConfig(100))
		synctest.Wait()
		const n = 3*drainMost + 1
		r.conn.set(func() { r.conn.queue = make([]Packet, n) })
		r.conn.deliver(Packet{}) // the only one that Ready tells of
		synctest.Wait()
		if got := r.Status().Counters.Refused[BadTTL]; got != n+1 {
			t.Errorf("%d packets taken at once, want %d", got, n+1)
		}
	})
}
