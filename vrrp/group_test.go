package vrrp

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A pairOf routers of a group on two networks: "in" on eth1 and "out" on eth2. Its host is a node of each network.
type pairOf struct {
	*Driver
	in      *lan
	address string
	set     Set
	hosts   [2]*memHost
	nets    [2]*memNetwork
	cancel  context.CancelFunc
	done    chan struct{}
	ifaces  Interfaces
}

// twoNetworks is a Network that joins two.
type twoNetworks struct {
	nets [2]*memNetwork
	wake chan struct{}
}

func (n twoNetworks) Wake() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

func (n twoNetworks) Wait(deadline time.Time) {
	if deadline.IsZero() {
		deadline = time.Now().Add(time.Hour)
	}
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case <-n.wake:
	case <-n.nets[0].wake:
	case <-n.nets[1].wake:
	case <-timer.C:
	}
}

func (n twoNetworks) Receive() (Packet, bool, error) {
	for i, net := range n.nets {
		if p, ok, err := net.Receive(); ok {
			p.Index = i + 1
			return p, ok, err
		}
	}
	return Packet{}, false, nil
}

// newPair starts a group of two routers.
func newPair(t *testing.T, in, out *lan, address string, priority uint8) *pairOf {
	p := &pairOf{in: in, address: address, ifaces: Interfaces{}}
	p.set = Set{Groups: []GroupConfig{{Name: "SG", Members: []string{"in", "out"}}}}
	for i, l := range []*lan{in, out} {
		name := []string{"in", "out"}[i]
		p.nets[i] = l.connect(address)
		p.hosts[i] = &memHost{lan: l, net: p.nets[i], source: address}
		cfg := testConfig(priority)
		cfg.Name, cfg.Interface = name, []string{"eth1", "eth2"}[i]
		p.set.Routers = append(p.set.Routers, Router{Config: cfg, Conn: memConn{p.nets[i]}, Host: p.hosts[i]})
		p.ifaces[cfg.Interface] = Interface{Index: i + 1, Up: true, Addresses: addrs(address)}
	}
	p.launch(t)
	return p
}

// launch starts a driver with the set.
func (p *pairOf) launch(t *testing.T) {
	d := NewDriver(twoNetworks{p.nets, make(chan struct{}, 1)}, func(n Notice) {
		switch {
		case n.Kind != StateChanged || !n.Group:
		case n.Resumed:
			p.in.record("%s group is %s as before", p.address, n.To)
		default:
			p.in.record("%s group is %s", p.address, n.To)
		}
	}, slog.New(slog.DiscardHandler))
	p.Driver = d
	d.SetInterfaces(p.ifaces)
	d.Set(p.set)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	p.cancel, p.done = cancel, done
	go func() {
		defer close(done)
		d.Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-done })
}

// plug sets the state of a link.
func (p *pairOf) plug(name string, up bool) {
	next := Interfaces{}
	for n, i := range p.ifaces {
		if n == name {
			i.Up = up
		}
		next[n] = i
	}
	p.ifaces = next
	p.SetInterfaces(next)
}

// states returns those of the two routers.
func (p *pairOf) states(t *testing.T) []State {
	report, err := p.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return []State{report.Routers[0].State, report.Routers[1].State}
}

func TestGroupMovesTogether(t *testing.T) {
	bubble(t, func(t *testing.T, in *lan) {
		out := newLAN(t)
		a := newPair(t, in, out, "10.0.0.1", 150)
		pass(time.Millisecond)
		b := newPair(t, in, out, "10.0.0.2", 100)
		expect := func(when string, wantA, wantB State) {
			t.Helper()
			gotA, gotB := a.states(t), b.states(t)
			if !slices.Equal(gotA, []State{wantA, wantA}) || !slices.Equal(gotB, []State{wantB, wantB}) {
				t.Errorf("%s: %v and %v, want all %v and all %v", when, gotA, gotB, wantA, wantB)
			}
		}
		pass(time.Second)
		expect("at first", Master, Backup)

		a.plug("eth2", false)
		pass(time.Second)
		expect("one link lost", Fault, Master)
		if a.hosts[0].holds() || a.hosts[1].holds() {
			t.Error("addresses are left on the node in Fault")
		}
		a.plug("eth2", true)
		pass(time.Second)
		expect("link back", Master, Backup)

		if err := a.Release(t.Context(), "in"); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		expect("released", Backup, Master)
		in.expectGroups(`
			10.0.0.1 group is BACKUP
			10.0.0.2 group is BACKUP
			10.0.0.1 group is MASTER
			10.0.0.2 group is MASTER
			10.0.0.1 group is FAULT
			10.0.0.1 group is BACKUP
			10.0.0.1 group is MASTER
			10.0.0.2 group is BACKUP
			10.0.0.2 group is MASTER
			10.0.0.1 group is BACKUP
		`)
	})
}

// expectGroups compares what was recorded of groups.
func (l *lan) expectGroups(want string) {
	l.t.Helper()
	var got strings.Builder
	for line := range strings.Lines(l.transcript()) {
		if _, what, _ := strings.Cut(line, " "); strings.Contains(what, "group") {
			got.WriteString(what)
		}
	}
	if diff := cmp.Diff(strings.Fields(want), strings.Fields(got.String())); diff != "" {
		l.t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestGroupWaitsForAllMembers(t *testing.T) {
	bubble(t, func(t *testing.T, in *lan) {
		out := newLAN(t)
		a := newPair(t, in, out, "10.0.0.1", 150)
		b := newPair(t, in, out, "10.0.0.2", 100)
		pass(time.Second)
		// One network alone is silent: the backup's member there would take over, its other one would not.
		out.setCut(everything)
		pass(3 * time.Second)
		if got := b.states(t); !slices.Equal(got, []State{Backup, Backup}) {
			t.Errorf("backup is %v", got)
		}
		in.setCut(everything)
		pass(time.Second)
		if got := b.states(t); !slices.Equal(got, []State{Master, Master}) {
			t.Errorf("backup is %v", got)
		}
		in.setCut(nothing)
		out.setCut(nothing)
		pass(time.Second)
		if gotA, gotB := a.states(t), b.states(t); !slices.Equal(gotA, []State{Master, Master}) || !slices.Equal(gotB, []State{Backup, Backup}) {
			t.Errorf("after healing %v and %v", gotA, gotB)
		}
	})
}
