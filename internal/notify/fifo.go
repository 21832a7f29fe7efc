package notify

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/healthcheck/script"
)

const (
	// fifoQueue is how many lines wait while the reader is behind, beside the 64
	// KiB that the kernel keeps.
	fifoQueue = 1024

	// fifoDrain is how long the lines that wait at the end may take.
	fifoDrain = time.Second

	// dropInterval is the least time between two lines of the log on lines that
	// were dropped.
	dropInterval = time.Minute
)

// A FIFOConfig says where lines go and who reads them.
type FIFOConfig struct {
	Path string // of the FIFO (keepalived: notify_fifo)

	// Script is a program and its arguments that reads the FIFO, whose path is
	// its last argument; nil for none (keepalived: notify_fifo_script).
	Script []string

	// Account is the one of Script, and owns a FIFO that is made.
	Account script.Account
}

// A FIFO is a named pipe for lines that tell of events, in the order in which
// they happened. Nobody waits for whoever reads it.
type FIFO struct {
	cfg     FIFOConfig
	log     *slog.Logger
	file    *os.File
	created bool
	lines   chan string

	mu       sync.Mutex
	progress progress
	writing  bool      // a line waits for room
	dropped  int       // lines since the log said so
	total    uint64    // lines since the start
	quiet    time.Time // until when it is not to say so
}

// OpenFIFO makes a FIFO that is not there, readable by its owner alone, and
// opens it for Run to write to. The error says, among others, that there is
// something else in its place.
func OpenFIFO(cfg FIFOConfig, log *slog.Logger) (*FIFO, error) {
	f := &FIFO{cfg: cfg, log: log.With("fifo", cfg.Path), lines: make(chan string, fifoQueue)}
	switch err := unix.Mkfifo(cfg.Path, 0o600); {
	case err == nil:
		f.created = true
	case !errors.Is(err, fs.ErrExist):
		return nil, fmt.Errorf("make FIFO %s: %w", cfg.Path, err)
	}
	if err := f.open(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// open opens what is at the path and finds out what it is.
func (f *FIFO) open() (err error) {
	// Opened for reading too, it needs no other reader.
	if f.file, err = os.OpenFile(f.cfg.Path, os.O_RDWR|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0); err != nil {
		return fmt.Errorf("open FIFO: %w", err)
	}
	info, err := f.file.Stat()
	switch {
	case err != nil:
		return fmt.Errorf("open FIFO: %w", err)
	case info.Mode().Type() != fs.ModeNamedPipe:
		return fmt.Errorf("open FIFO: %s is no FIFO", f.cfg.Path)
	case !f.created:
		return nil
	}
	if err := f.file.Chown(f.cfg.Account.Owner()); err != nil {
		return fmt.Errorf("give FIFO to its owner: %w", err)
	}
	return nil
}

// Close closes the FIFO and removes it if it was made by OpenFIFO. It is for one
// that does not Run.
func (f *FIFO) Close() error {
	var errs []error
	if f.created {
		// Before those who read come to its end and open it again.
		errs = append(errs, os.Remove(f.cfg.Path))
	}
	if f.file != nil {
		errs = append(errs, f.file.Close())
	}
	return errors.Join(errs...)
}

// Path is where the FIFO is.
func (f *FIFO) Path() string { return f.cfg.Path }

// Send queues a line, which has no end of line, and never blocks. If too many
// wait because the reader is behind, the line is dropped, with a line in the
// log now and then. Lines that are sent before Run starts wait for it.
func (f *FIFO) Send(line string) {
	select {
	case f.lines <- line:
	default:
		f.drop(1)
	}
}

// Dropped returns how many lines nobody will read.
func (f *FIFO) Dropped() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.total
}

// drop counts lines that nobody will read.
func (f *FIFO) drop(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dropped += n
	f.total += uint64(n)
	if now := time.Now(); now.After(f.quiet) {
		f.log.Error("lines for a FIFO dropped: its reader is behind", "lines", f.dropped)
		f.dropped, f.quiet = 0, now.Add(dropInterval)
	}
}

// Run writes lines, and keeps the script running, until ctx is done. Then it
// writes what waits if that can be done within a second, closes the FIFO, so
// that readers come to its end, and removes it if it was made by OpenFIFO. End
// ctx after the senders have ended.
func (f *FIFO) Run(ctx context.Context) error {
	stopScript := func() {}
	if len(f.cfg.Script) > 0 {
		stopScript = keep(ctx, f.runScript, f.log)
	}
	err := f.write(ctx)
	err = errors.Join(err, f.Close())
	stopScript()
	return err
}

// write writes lines until ctx is done, and after that those that wait.
func (f *FIFO) write(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = f.file.SetWriteDeadline(time.Now().Add(fifoDrain)) })
	defer stop()
	for {
		select {
		case line := <-f.lines:
			if err := f.put(line); err != nil {
				return err
			}
		case <-ctx.Done():
			for range len(f.lines) {
				if err := f.put(<-f.lines); err != nil {
					return err
				}
			}
			return nil
		}
	}
}

func (f *FIFO) setWriting(writing bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.writing = writing
}

// put writes a line. It waits for the reader if it has to, but not for longer
// than the end may take.
func (f *FIFO) put(line string) error {
	f.look(time.Now())
	f.setWriting(true)
	n, err := f.file.WriteString(line + "\n")
	f.setWriting(false)
	switch {
	case err == nil:
		f.mu.Lock()
		defer f.mu.Unlock()
		f.progress.wrote(n, time.Now())
	case errors.Is(err, os.ErrDeadlineExceeded):
		f.drop(1)
	default:
		return fmt.Errorf("write to FIFO: %w", err)
	}
	return nil
}
