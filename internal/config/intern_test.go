package config

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
)

// An asker is a prober like those of other packages.
type asker struct{ words []string }

func (*asker) Kind() string { return "asker" }
func (*asker) Probe(context.Context, healthcheck.Target, healthcheck.State) (healthcheck.Result, error) {
	return healthcheck.Result{}, nil
}

type askerConfig struct{ Words []string }

func newAsker(c askerConfig) (*asker, error) {
	if len(c.Words) == 0 {
		return nil, errors.New("no words")
	}
	return &asker{c.Words}, nil
}

func TestInternGivesEqualQuestionsOneProber(t *testing.T) {
	in := newInterner()
	var kept []*question
	ask := func(words ...string) healthcheck.Prober {
		q, err := intern(in, "asker", askerConfig{words}, newAsker)
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, q)
		return q.prober
	}
	first := ask("a", "b")
	if again := ask("a", "b"); again != first {
		t.Error("two probers for one question")
	}
	for _, other := range []healthcheck.Prober{ask("a b"), ask("b", "a"), ask("a\", \"b")} {
		if other == first {
			t.Error("one prober for two questions")
		}
	}
	type other struct{ Words []string }
	q, err := intern(in, "asker", other{[]string{"a", "b"}}, func(o other) (*asker, error) { return newAsker(askerConfig(o)) })
	if err != nil || q.prober == first {
		t.Errorf("one prober for two types: %v", err)
	}
	if _, err := intern(in, "asker", askerConfig{}, newAsker); err == nil {
		t.Error("no error")
	}
	runtime.KeepAlive(kept)
}

func TestInternInParallel(t *testing.T) {
	in := newInterner()
	found := make([]*question, 100)
	var wg sync.WaitGroup
	for i := range found {
		wg.Go(func() {
			q, _ := intern(in, "asker", askerConfig{[]string{"a", fmt.Sprint(i % 2)}}, newAsker)
			found[i] = q
		})
	}
	wg.Wait()
	for i, p := range found {
		if p != found[i%2] {
			t.Errorf("prober %d is another one", i)
		}
	}
}

// TestInternForgets: what nobody has any more is neither kept nor given out.
func TestInternForgets(t *testing.T) {
	in := newInterner()
	kept, err := intern(in, "asker", askerConfig{[]string{"kept"}}, newAsker)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		if _, err := intern(in, "asker", askerConfig{[]string{fmt.Sprint(i)}}, newAsker); err != nil {
			t.Fatal(err)
		}
	}
	size := func() int {
		in.mu.Lock()
		defer in.mu.Unlock()
		return len(in.known)
	}
	for deadline := time.Now().Add(20 * time.Second); size() > 1 && time.Now().Before(deadline); {
		runtime.GC()
		runtime.Gosched()
	}
	if n := size(); n != 1 {
		t.Errorf("%d questions are known, want 1", n)
	}
	if again, _ := intern(in, "asker", askerConfig{[]string{"kept"}}, newAsker); again != kept {
		t.Error("a prober in use was forgotten")
	}
}
