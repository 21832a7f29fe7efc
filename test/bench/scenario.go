package main

import (
	"fmt"
	"syscall"
	"time"
)

// A scenario is something that happens to a pair whose first director is master,
// or with comes, whose second one is, as the first does not run yet.
type scenario struct {
	name   string
	limit  time.Duration // what is aimed at; 0: as keepalived
	comes  bool
	before func(*pair) // prepares it, when both run
	after  int         // node that has just sent an advertisement when it happens, so that runs compare; 0: at any time
	happen func(*pair)
	watch  time.Duration // how long the client goes on asking, besides five intervals
	old    int           // node that answers before
	moves  int           // how often another node may begin to answer
}

func scenarios() []scenario {
	const soon, healed = 20 * time.Millisecond, 200 * time.Millisecond
	const usual, long = 2 * time.Second, 8 * time.Second
	first := func(f func(*node)) func(*pair) { return func(p *pair) { f(p.nodes[0]) } }
	terminate := func(n *node) { n.b.must(n.process.Signal(syscall.SIGTERM)) }
	apart := func(p *pair) {
		p.part(true)
		p.nodes[1].awaitMaster()
		time.Sleep(6 * time.Second) // keepalived announces once more 5 seconds after it has become master
	}
	heal := func(p *pair) { p.part(false) }
	return []scenario{
		{name: "SIGTERM", limit: soon, watch: usual, old: 1, moves: 1, happen: first(terminate)},
		{name: "SIGKILL", limit: soon, watch: usual, old: 1, moves: 1, happen: first((*node).crash)},
		{name: "SIGKILL, guardian too", watch: usual, old: 1, moves: 1, happen: first((*node).crashAll)},
		{name: "SIGKILL of the VRRP process", watch: usual, old: 1, moves: 2, happen: first(func(n *node) { n.kill(n.children()...) })},
		{name: "link down", watch: usual, old: 1, moves: 1, after: 1, happen: func(p *pair) { p.lan.Unplug(p.nodes[0].port) }},
		{name: "silent cut", watch: usual, old: 1, moves: 1, after: 1, happen: func(p *pair) { p.lan.Cut(p.nodes[0].port) }},
		{name: "preempt back", limit: soon, watch: usual, old: 2, moves: 1, comes: true, happen: first((*node).start)},
		{name: "healed, higher heard first", limit: healed, watch: long, old: 2, moves: 1, before: apart, after: 2, happen: heal},
		{name: "healed, lower heard first", limit: healed, watch: long, old: 2, moves: 1, before: apart, after: 1, happen: heal},
	}
}

// target is what is aimed at.
func (s scenario) target() string {
	if s.limit == 0 {
		return "keepalived + 2 ms"
	}
	return fmt.Sprintf("< %v", s.limit)
}
