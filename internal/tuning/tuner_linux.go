package tuning

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"strings"

	"github.com/ldirector/ldirector/director/ipvs"
)

// A Kernel keeps the timeouts; [ipvs.Client] is one.
type Kernel interface {
	Timeouts(ctx context.Context) (ipvs.Timeouts, error)
	SetTimeouts(ctx context.Context, t ipvs.Timeouts) error // fields that are 0 stay
}

// Config says where a Tuner finds things.
type Config struct {
	SysctlDir string // [SysctlDir]; another directory in tests
	Record    string // the file for the original values, below /run
}

// A Tuner sets and restores settings. Its state is the file alone. Calls may
// come from any goroutine, one at a time.
type Tuner struct {
	cfg    Config
	kernel Kernel
	log    *slog.Logger
}

// New returns a tuner. It reads and writes nothing yet.
func New(cfg Config, kernel Kernel, log *slog.Logger) *Tuner {
	return &Tuner{cfg: cfg, kernel: kernel, log: log}
}

// Apply makes the settings hold, also against changes by others, and puts back
// what an earlier call changed and these settings do not mention. If a setting
// cannot be read, the kernel does not have it for example, then nothing is
// changed; the errors name all of them. If one cannot be written the others are.
func (t *Tuner) Apply(ctx context.Context, s Settings) error {
	want := s.values()
	old, have, err := t.read(ctx, want)
	if err != nil {
		return fmt.Errorf("tune IPVS: %w", err)
	}
	if err := t.change(ctx, want, have, old); err != nil {
		return fmt.Errorf("tune IPVS: %w", err)
	}
	return nil
}

// Restore puts back what Apply changed and removes the file. A setting that
// does not have a value of ours any more is left as it is, and said so in the
// log. What cannot be written stays in the file, for the next call.
func (t *Tuner) Restore(ctx context.Context) error {
	if err := t.Apply(ctx, Settings{}); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	return nil
}

// Diff returns what Apply would change, the timeouts after the sysctls, each
// sorted by name. With an error come the differences that are known.
func (t *Tuner) Diff(ctx context.Context, s Settings) ([]Difference, error) {
	want := s.values()
	old, have, err := t.read(ctx, want)
	if err != nil {
		err = fmt.Errorf("compare IPVS settings: %w", err)
		maps.DeleteFunc(want, func(name string, _ int64) bool {
			_, known := have[name]
			return !known
		})
	}
	steps, _, _ := plan(want, have, old)
	differences := make([]Difference, 0, len(steps))
	for _, s := range steps {
		differences = append(differences, Difference{Name: s.name, Have: text(s.name, s.from), Want: text(s.name, s.to)})
	}
	return differences, err
}

// read returns the record and the present values of what is wanted or recorded.
// A recorded sysctl that is gone and not wanted has no value and is no error.
func (t *Tuner) read(ctx context.Context, want map[string]int64) (old record, have map[string]int64, err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	old, err = load(t.cfg.Record)
	if err != nil {
		return nil, nil, err
	}
	var errs []error
	have = make(map[string]int64)
	var timeouts map[string]int64
	for _, name := range names(want, old) {
		_, isTimeout := timeout(name, 0)
		if isTimeout && timeouts == nil {
			now, err := t.kernel.Timeouts(ctx)
			if err != nil {
				errs = append(errs, err)
				break // sysctls come before
			}
			timeouts = timeoutValues(now)
		}
		if isTimeout {
			have[name] = timeouts[name]
			continue
		}
		value, err := readSysctl(t.cfg.SysctlDir, name)
		_, wanted := want[name]
		switch {
		case err == nil:
			have[name] = value
		case wanted || !errors.Is(err, fs.ErrNotExist):
			errs = append(errs, err)
		}
	}
	return old, have, errors.Join(errs...)
}

// change does what plan says, with the record on disk one step ahead of the
// kernel.
func (t *Tuner) change(ctx context.Context, want, have map[string]int64, old record) error {
	steps, during, foreign := plan(want, have, old)
	for _, name := range foreign {
		t.log.Warn("IPVS setting was changed by somebody else and stays so", "setting", name,
			"original", text(name, old[name].Original))
	}
	if !maps.EqualFunc(old, during, entry.equal) {
		if err := save(t.cfg.Record, during); err != nil {
			return err
		}
	}
	if len(steps) == 0 {
		return nil
	}
	var errs []error
	failed := make(map[string]bool)
	for _, s := range steps {
		if err := t.write(ctx, s.name, s.to); err != nil {
			failed[s.name] = true
			errs = append(errs, err)
			continue
		}
		t.log.Info("IPVS setting changed", "setting", s.name, "from", text(s.name, s.from), "to", text(s.name, s.to))
	}
	errs = append(errs, save(t.cfg.Record, settle(want, during, old, steps, failed)))
	return errors.Join(errs...)
}

func (t *Tuner) write(ctx context.Context, name string, value int64) error {
	if timeouts, ok := timeout(name, value); ok {
		return t.kernel.SetTimeouts(ctx, timeouts)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("sysctl %s: %w", strings.TrimPrefix(name, sysctlPrefix), err)
	}
	return writeSysctl(t.cfg.SysctlDir, name, value)
}
