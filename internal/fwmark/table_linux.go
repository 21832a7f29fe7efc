package fwmark

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"golang.org/x/sys/unix"
)

// A Table is our table of nftables in the network namespace of the thread that
// calls. It keeps nothing between calls: the kernel does. Calls may come from
// any goroutine, one at a time.
type Table struct {
	log *slog.Logger
}

// New returns the table. It reads and writes nothing yet.
func New(log *slog.Logger) *Table { return &Table{log: log} }

// Apply makes the kernel give the marks of the rules and no others. If it does
// so already, nothing is written; otherwise all rules are replaced in one
// transaction. Without rules it removes the table.
//
// An error matches [*RuleError] or [*OverlapError] if the rules are no good, see
// [Validate], [ErrUnsupported] if the kernel lacks nftables, and os.ErrPermission
// if this process lacks CAP_NET_ADMIN. After an error the old rules work, or the
// new ones; neither if somebody else had changed the table. Apply again then.
func (t *Table) Apply(ctx context.Context, rules []Rule) error {
	if err := Validate(rules); err != nil {
		return fmt.Errorf("set firewall marks: %w", err)
	}
	if len(rules) == 0 {
		return t.Remove(ctx)
	}
	want := groups(matches(rules))
	have, err := read(ctx)
	if err != nil {
		return fmt.Errorf("read firewall marks: %w", err)
	}
	if have.equal(stateOf(want)) {
		t.log.Debug("firewall marks are loaded already", "rules", len(want))
		return nil
	}
	if err := load(ctx, want, have); err != nil {
		return fmt.Errorf("set firewall marks: %w", err)
	}
	t.log.Info("firewall marks loaded", "rules", len(want))
	return nil
}

// Remove removes the table, so that no packet is marked any more. It is no
// error if there is none, or if the kernel has no nftables.
func (t *Table) Remove(ctx context.Context) error {
	err := remove(ctx)
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, ErrUnsupported):
		return nil
	case err != nil:
		return fmt.Errorf("remove firewall marks: %w", err)
	}
	t.log.Info("firewall marks removed")
	return nil
}

// Diff returns what Apply would change, ordered by mark; nothing if it would
// not write. Errors are as for Apply.
func (t *Table) Diff(ctx context.Context, rules []Rule) ([]Difference, error) {
	if err := Validate(rules); err != nil {
		return nil, fmt.Errorf("compare firewall marks: %w", err)
	}
	want := groups(matches(rules))
	have, err := read(ctx)
	switch {
	case len(rules) == 0 && errors.Is(err, ErrUnsupported), err == nil && have.equal(stateOf(want)):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read firewall marks: %w", err)
	}
	loaded, err := readMarkings(ctx)
	if err != nil {
		return nil, fmt.Errorf("read firewall marks: %w", err)
	}
	return diff(have, loaded, want), nil
}
