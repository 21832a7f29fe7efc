package guardian

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/ldirector/ldirector/vrrp"
)

// A Service is running VRRP, in this process or in another one. Its methods may
// be called from any goroutine.
type Service interface {
	// Prepare does all of a Setup that may fail and changes nothing. A second one
	// replaces the first.
	Prepare(ctx context.Context, s Setup) error
	// Commit makes what was prepared so. Routers with the same configuration go on
	// untouched, and those with another one keep their state if they are still the
	// same virtual router. Commit returns when those that are missing have handed
	// over and have their addresses off the host, or ctx is done. An error tells
	// what is not in force yet.
	Commit(ctx context.Context) error
	// Discard gives up what was prepared.
	Discard()

	// SetTracks says what is known of trackers; others stay as they are. It does
	// not block.
	SetTracks(tracks ...vrrp.Track)

	Status(ctx context.Context) (vrrp.Report, error)

	// Release, Preempt and SetPriority are those of vrrp.Driver.
	Release(ctx context.Context, name string) error
	Preempt(ctx context.Context, name string) error
	SetPriority(ctx context.Context, name string, priority uint8) error

	// Leave makes VRRP go on without this daemon, for the next one to take over. If
	// none comes within the limit, it ends as after a crash. VRRP that runs in this
	// process stops. Other methods fail from then on.
	Leave(ctx context.Context, limit time.Duration) error

	// Stop makes all masters hand over and ends VRRP. It returns when their
	// addresses are off the host, or ctx is done; then the rest is done without the
	// caller. Other methods fail from then on.
	Stop(ctx context.Context) error
}

var (
	_ Service = (*Engine)(nil)
	_ Service = (*Client)(nil)
)

// Options say how VRRP is to run.
type Options struct {
	// StateDir is for files that outlive a process: an absolute path.
	StateDir string

	// Command are the arguments with which this program does nothing but call
	// [Main], the first one being the name that ps(1) shows. None: VRRP runs in
	// this process.
	Command []string

	// Notify is told the news. It must not block.
	Notify func(vrrp.Notice)
	Log    *slog.Logger
}

// Start starts VRRP, without any virtual router. If the process of an earlier
// daemon is still there, its masters go on as masters at the first Commit. The
// end of ctx ends the start only.
func Start(ctx context.Context, o Options) (Service, error) {
	before := findPredecessor(ctx, o.StateDir, o.Log)
	var s Service
	var err error
	if len(o.Command) > 0 {
		s, err = startClient(ctx, o, before)
	} else {
		s, err = startEngine(o, before)
	}
	if err != nil {
		before.close()
		return nil, err
	}
	return s, nil
}

// errEnded refuses what comes after Stop.
var errEnded = errors.New("VRRP has ended")

// errUnprepared refuses a Commit.
var errUnprepared = errors.New("nothing was prepared")
