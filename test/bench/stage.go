package main

import (
	"fmt"
	"os"

	"github.com/ldirector/ldirector/internal/nettest"
)

var _ nettest.TB = (*stage)(nil)

// A stage stands in for a test towards the packages that build networks for
// tests. Each measurement undoes what it made when it is over, see
// [stage.within].
type stage struct {
	cleanups []func()
	failed   bool
}

// within runs f and undoes what it did, the last first.
func (s *stage) within(f func()) {
	before := len(s.cleanups)
	f()
	s.undo(before)
}

func (s *stage) undo(down int) {
	for len(s.cleanups) > down {
		last := s.cleanups[len(s.cleanups)-1]
		s.cleanups = s.cleanups[:len(s.cleanups)-1]
		last()
	}
}

// must ends the program if there is an error.
func (s *stage) must(err error) {
	if err != nil {
		s.Fatalf("%v", err)
	}
}

func (s *stage) Helper()          {}
func (s *stage) Name() string     { return "bench" }
func (s *stage) Failed() bool     { return s.failed }
func (s *stage) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }

func (s *stage) Logf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...)
}

func (s *stage) Errorf(format string, args ...any) {
	s.failed = true
	s.Logf(format, args...)
}

func (s *stage) Fatalf(format string, args ...any) {
	s.Errorf(format, args...)
	s.undo(0)
	os.Exit(1)
}

func (s *stage) Skipf(format string, args ...any) { s.Fatalf(format, args...) }
