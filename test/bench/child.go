package main

import (
	"encoding/json"
	"errors"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/nettest"
)

// A child is what this program does as a child of its own: one of these.
type child struct {
	Inside *inside
	Ask    *asking
	Answer *answering
}

func (c child) run() error {
	switch {
	case c.Inside != nil:
		return c.Inside.run()
	case c.Ask != nil:
		return c.Ask.run()
	case c.Answer != nil:
		return c.Answer.run()
	default:
		return errors.New("a child with nothing to do")
	}
}

// startChild starts a child in a namespace.
func (b *bench) startChild(ns *nettest.Namespace, c child) *nettest.Process {
	text, err := json.Marshal(c)
	b.must(err)
	self, err := os.Executable()
	b.must(err)
	return ns.Start(ns.Command(self, "-inside", string(text)))
}

// startAhead starts a child that gets the processor before others do, where
// that is permitted: what it waits for the processor would count as somebody
// else's fault.
func (b *bench) startAhead(ns *nettest.Namespace, c child) *nettest.Process {
	runtime.LockOSThread() // the child inherits the scheduling of the thread
	defer runtime.UnlockOSThread()
	ahead := unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: 5}, 0)
	p := b.startChild(ns, c)
	if ahead == nil {
		b.must(unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL}, 0))
	}
	return p
}
