package config

import (
	"fmt"
	"runtime"
	"sync"
	"weak"

	"github.com/ldirector/ldirector/healthcheck"
)

// An interner gives equal questions the same prober, so that they are one
// probe, also over a reload. It forgets a question when nobody has it any more:
// whoever uses a prober keeps the [Config] that it is of. It may be used by
// several goroutines.
type interner struct {
	mu    sync.Mutex
	known map[string]weak.Pointer[question] // by what they ask
}

// A question is a prober, and what it asks in a form that can be compared.
type question struct {
	prober healthcheck.Prober
	text   string
}

func newInterner() *interner { return &interner{known: make(map[string]weak.Pointer[question])} }

// intern returns the prober that build makes of cfg, or the one that has been
// made of an equal cfg. Go's syntax tells all values of a type apart that have
// no pointers and maps in them, and types as well.
func intern[C any, P healthcheck.Prober](in *interner, kind string, cfg C, build func(C) (P, error)) (*question, error) {
	text := fmt.Sprintf("%s %#v", kind, cfg)
	in.mu.Lock()
	defer in.mu.Unlock()
	if q := in.known[text].Value(); q != nil {
		return q, nil
	}
	prober, err := build(cfg)
	if err != nil {
		return nil, err
	}
	q := &question{prober, text}
	in.known[text] = weak.Make(q)
	runtime.AddCleanup(q, in.forget, text)
	return q, nil
}

// forget drops what is known under text, unless it is known again.
func (in *interner) forget(text string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.known[text].Value() == nil {
		delete(in.known, text)
	}
}
