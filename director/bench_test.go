package director

import (
	"context"
	"log/slog"
	"strings"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// A tester is a *testing.T or a *rapid.T.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
	Context() context.Context
}

// A bench is a director with everything it needs, in a synctest bubble.
type bench struct {
	*Director
	t       tester
	kernel  *fakeTable
	checker *fakeChecker
	ledger  *fakeLedger
	memory  *fakeMemory
	logged  interface{ String() string }
	events  []Event
	stop    func() error
}

// start runs a director on the table and returns when it has come to rest.
func start(t tester, kernel *fakeTable, ledger *fakeLedger, cfg Config) *bench {
	t.Helper()
	log, text := logBuffer(slog.LevelInfo)
	ledger.table = kernel
	b := &bench{t: t, kernel: kernel, checker: &fakeChecker{}, ledger: ledger, memory: memoryIn(kernel), logged: text}
	b.Director = New(cfg, kernel, b.checker, ledger, b.memory, func(e Event) { b.events = append(b.events, e) }, log)
	b.stop = run(t, b.Director)
	synctest.Wait()
	return b
}

// run starts a director in a synctest bubble. stop ends it and returns what
// Run did.
func run(t tester, d *Director) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- d.Run(ctx) }()
	return func() error {
		cancel()
		return <-result
	}
}

// probe reports results and waits until they have been acted upon.
func (b *bench) probe(steps string) {
	for _, u := range probes(steps) {
		b.Report(u)
	}
	synctest.Wait()
}

func (b *bench) expectTable(want string) {
	b.t.Helper()
	if diff := cmp.Diff(strings.TrimLeft(want, "\n"), b.kernel.String()); diff != "" {
		b.t.Errorf("table (-want +got):\n%s", diff)
	}
}

// expectChanges compares what was written since the last call.
func (b *bench) expectChanges(want ...string) {
	b.t.Helper()
	if diff := cmp.Diff(want, b.kernel.log()); diff != "" {
		b.t.Errorf("changes (-want +got):\n%s", diff)
	}
}

func (b *bench) expectLog(want string) {
	b.t.Helper()
	if diff := cmp.Diff(strings.TrimLeft(want, "\n"), b.logged.String()); diff != "" {
		b.t.Errorf("log (-want +got):\n%s", diff)
	}
}

// news returns the events since the last call, with their commands.
func (b *bench) news() string {
	var words []string
	for _, e := range b.events {
		words = append(words, e.VirtualServer+" "+eventText(e)+": "+strings.Join(e.Command, " "))
	}
	b.events = nil
	return strings.Join(words, "\n")
}

func (b *bench) expectNews(want ...string) {
	b.t.Helper()
	if diff := cmp.Diff(strings.Join(want, "\n"), b.news()); diff != "" {
		b.t.Errorf("news (-want +got):\n%s", diff)
	}
}

// counted is the status with what the kernel counts.
func (b *bench) counted() Status {
	counters, err := b.kernel.Counters(b.t.Context())
	if err != nil {
		b.t.Errorf("counters: %v", err)
	}
	return b.Status().With(counters)
}

func (b *bench) expectStop() {
	b.t.Helper()
	if err := b.stop(); err != nil {
		b.t.Errorf("Run: %v", err)
	}
}
