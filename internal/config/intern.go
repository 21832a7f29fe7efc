package config

import (
	"fmt"
	"runtime"
	"sync"
	"weak"

	"github.com/ldirector/ldirector/healthcheck"
)

// An interner gives equal questions the same prober, so that they are one
// probe, also over a reload. It forgets a prober that nobody has any more. It
// may be used by several goroutines.
type interner struct {
	mu    sync.Mutex
	known map[string]any // weak pointers to probers by what they ask
}

func newInterner() *interner { return &interner{known: make(map[string]any)} }

// A question is a prober, and what it asks in a form that can be compared.
type question struct {
	prober healthcheck.Prober
	text   string
}

// intern returns the prober that build makes of cfg, or the one that it has
// made of an equal cfg. Go's syntax tells all values of a type apart that have
// no pointers and maps in them, and types as well.
func intern[C, P any, PP interface {
	*P
	healthcheck.Prober
}](in *interner, cfg C, build func(C) (PP, error)) (question, error) {
	text := fmt.Sprintf("%#v", cfg)
	in.mu.Lock()
	defer in.mu.Unlock()
	if p := lookup[P](in, text); p != nil {
		return question{PP(p), text}, nil
	}
	prober, err := build(cfg)
	if err != nil {
		return question{}, err
	}
	in.known[text] = weak.Make((*P)(prober))
	runtime.AddCleanup((*P)(prober), func(text string) {
		in.mu.Lock()
		defer in.mu.Unlock()
		if lookup[P](in, text) == nil { // it is not known again
			delete(in.known, text)
		}
	}, text)
	return question{prober, text}, nil
}

// lookup returns what is known under text, nil if nothing is.
func lookup[P any](in *interner, text string) *P {
	pointer, _ := in.known[text].(weak.Pointer[P])
	return pointer.Value()
}
