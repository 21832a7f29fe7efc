package healthcheck

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A scale gives one answer after the other; the last one stays.
type scale struct {
	results []Result
	errs    []error
	n       int
}

func (*scale) Kind() string { return "scale" }

func (s *scale) Probe(context.Context, Target, State) (Result, error) {
	i := min(s.n, len(s.results)-1)
	s.n++
	return s.results[i], s.errs[i]
}

func TestChangesOfWeightAndWarningAreReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scale{}
		add := func(w Weight, warning string, err error) {
			s.results, s.errs = append(s.results, Result{w, warning}), append(s.errs, err)
		}
		add(Weight{WeightIs, 5}, "", nil)
		add(Weight{WeightIs, 5}, "", nil)
		add(Weight{WeightPercent, 5}, "", nil)
		add(Weight{WeightPercent, 5}, "expires soon", nil)
		add(Weight{WeightIs, 9}, "of a failure", errors.New("no")) // retried: the old ones stay
		add(Weight{WeightIs, 9}, "", nil)
		add(Weight{}, "", errors.New("no"))
		add(Weight{}, "", errors.New("no"))
		add(Weight{}, "", fmt.Errorf("%w: no memory", ErrLocal))
		add(Weight{WeightOffset, -1}, "", nil)
		var r recorder
		e, stop := startEngine(t, Config{}, r.report)
		e.Set([]Check{Spec{Prober: s, Target: target(1), Timing: Timing{Interval: 6 * time.Second, Timeout: time.Second, Retry: 1, RetryDelay: time.Second}}.Check()})
		time.Sleep(2 * time.Minute)
		stop()
		var got strings.Builder
		for _, u := range r.take() {
			fmt.Fprintln(&got, u.Status.State, u.Status.Weight, u.Status.Warning, u.Status.Reason)
		}
		want := `
up {1 5}  
up {3 5}  
up {3 5} expires soon 
up {1 9}  
down {0 0}  no
up {2 -1}  
`
		if got.String() != want[1:] {
			t.Errorf("got:\n%swant:%s", got.String(), want)
		}
	})
}
