package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
)

var _ nettest.TB = (*stage)(nil)

// A stage is where the demo plays: it prints, and it cleans up at the end. It
// stands in for a test towards the packages that build networks for tests.
type stage struct {
	start    time.Time
	cleanups []func()
	failed   bool
}

func newStage() *stage { return &stage{start: time.Now()} }

// say prints a sentence with the time since the start.
func (s *stage) say(format string, args ...any) {
	fmt.Printf("%5.1fs  %s\n", time.Since(s.start).Seconds(), fmt.Sprintf(format, args...))
}

// show prints what a program has printed.
func (s *stage) show(text string) {
	for line := range strings.Lines(text) {
		fmt.Print("          ", line)
	}
}

func (s *stage) must(err error) {
	if err != nil {
		s.Fatalf("%v", err)
	}
}

// end undoes everything, the last first.
func (s *stage) end() {
	for len(s.cleanups) > 0 {
		last := s.cleanups[len(s.cleanups)-1]
		s.cleanups = s.cleanups[:len(s.cleanups)-1]
		last()
	}
}

func (s *stage) Helper()          {}
func (s *stage) Name() string     { return "demo" }
func (s *stage) Failed() bool     { return s.failed }
func (s *stage) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }

func (s *stage) Logf(format string, args ...any) { s.say(format, args...) }

func (s *stage) Errorf(format string, args ...any) {
	s.failed = true
	fmt.Fprintf(os.Stderr, "demo: "+format+"\n", args...)
}

func (s *stage) Fatalf(format string, args ...any) {
	s.Errorf(format, args...)
	s.end()
	os.Exit(1)
}

func (s *stage) Skipf(format string, args ...any) { s.Fatalf(format, args...) }
