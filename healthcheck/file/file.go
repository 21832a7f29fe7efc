// Package file lets a file say whether a real server is to be used and with
// what weight, as keepalived's FILE_CHECK with a track_file does: operators
// drain a server, and agents of their own check it, by writing a number.
package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/healthcheck"
)

// Config is a file_check block with its track_file.
type Config struct {
	// Path is the file, see [Read].
	Path string

	// Weight multiplies the number in the file; the product is added to the
	// weight of the real server. With a product of -2^31 or less it is down.
	// With Weight 0 it is down while the number is not 0.
	Weight int32

	// Reverse negates Weight; with Weight 0 the real server is down while the
	// number is 0 (keepalived: weight N reverse).
	Reverse bool
}

// A Prober reads a file. The address of its target means nothing to it.
type Prober struct{ config Config }

var _ healthcheck.Prober = (*Prober)(nil)

// New returns the prober of a configuration. The error says why that cannot
// work on any host.
func New(c Config) (*Prober, error) {
	switch {
	case !filepath.IsAbs(c.Path):
		return nil, fmt.Errorf("file %q depends on the working directory: write an absolute path", c.Path)
	case strings.ContainsRune(c.Path, 0):
		return nil, errors.New("file holds a NUL character, which no path can have")
	}
	return &Prober{config: c}, nil
}

// Kind is "file_check".
func (p *Prober) Kind() string { return "file_check" }

// Path is the file that the prober reads, for those who learn that it has
// changed.
func (p *Prober) Path() string { return p.config.Path }

// Probe reads the file and judges the number in it. A file that cannot be read
// counts as 0, with a warning unless it is just not there. A number out of
// range says nothing, so that the last one holds.
func (p *Prober) Probe(context.Context, healthcheck.Target, healthcheck.State) (healthcheck.Result, error) {
	value, err := Read(p.config.Path)
	if errors.Is(err, ErrRange) || IsShortage(err) {
		return healthcheck.Result{}, fmt.Errorf("%w: %w", healthcheck.ErrLocal, err)
	}
	weight, down := p.config.judge(value)
	switch {
	case down != nil && err != nil:
		return healthcheck.Result{}, fmt.Errorf("%w (%w)", down, err)
	case down != nil:
		return healthcheck.Result{}, down
	}
	result := healthcheck.Result{Weight: weight}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		result.Warning = err.Error()
	}
	return result, nil
}

// judge says what a number in the file means.
func (c Config) judge(value int64) (healthcheck.Weight, error) {
	product := value * int64(c.Weight) // less than 2^63: the factors have at most 32 bits
	if c.Reverse {
		product = -product
	}
	switch {
	case c.Weight == 0 && (value == 0) == c.Reverse, product <= math.MinInt32:
		return healthcheck.Weight{}, fmt.Errorf("%d in %s", value, c.Path)
	case c.Weight == 0:
		return healthcheck.Weight{}, nil
	}
	return healthcheck.Weight{Kind: healthcheck.WeightOffset, N: int32(min(product, math.MaxInt32))}, nil
}

// IsShortage reports whether err says that this host lacks descriptors or memory,
// and so nothing about a file.
func IsShortage(err error) bool {
	errno, ok := errors.AsType[syscall.Errno](err)
	return ok && (errno == unix.EMFILE || errno == unix.ENFILE || errno == unix.ENOMEM)
}
