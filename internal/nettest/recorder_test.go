package nettest

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
)

// A recorder is a testing.TB that keeps the verdict of the code under test to
// itself.
type recorder struct {
	testing.TB
	verdict string // "", "skip", "fatal"
	text    string
	cleanup []func()
}

// run calls f, which may end early as a test does, and then what it
// registered for cleanup.
func (r *recorder) run(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
	for _, f := range slices.Backward(r.cleanup) {
		f()
	}
}

func (r *recorder) Cleanup(f func()) { r.cleanup = append(r.cleanup, f) }

func (r *recorder) Failed() bool { return r.verdict == "fatal" }

func (r *recorder) Fatalf(format string, args ...any) { r.end("fatal", format, args) }

func (r *recorder) Skipf(format string, args ...any) { r.end("skip", format, args) }

func (r *recorder) Logf(format string, args ...any) { r.text += fmt.Sprintf(format, args...) }

func (r *recorder) end(verdict, format string, args []any) {
	r.verdict = verdict
	r.text += fmt.Sprintf(format, args...)
	runtime.Goexit()
}
