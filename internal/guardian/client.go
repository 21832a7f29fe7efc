package guardian

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ldirector/ldirector/vrrp"
)

// A Client is VRRP in a process of its own. If that dies, the client starts
// another one, which goes on with the same masters.
type Client struct {
	options Options
	log     *slog.Logger
	before  *predecessor // until the first Commit; nil: none
	cancel  context.CancelFunc
	ended   chan struct{} // closed when no process will be started any more

	// committing is held while a Setup is brought in force: by Commit, or for a new
	// process. It is taken before mu.
	committing sync.Mutex
	setup      *Setup // in force, or meant to be; nil: none yet
	former     Setup  // the last one that was completely in force

	mu       sync.Mutex
	session  *session      // nil: there is no process at the moment
	changed  chan struct{} // closed and replaced with each session
	next     *Setup        // prepared
	prepared *session      // by which process
	states   map[string]vrrp.State
	tracks   map[trackerID]vrrp.Track
	pending  map[trackerID]vrrp.Track // of tracks: not sent yet
	dirty    chan struct{}
	stopping bool
}

// trackerID is what there is one Track of.
type trackerID struct {
	kind vrrp.TrackerKind
	name string
}

// startClient starts the process. The client is the caller's to Stop.
func startClient(ctx context.Context, o Options, before *predecessor) (*Client, error) {
	c := &Client{
		options: o, log: o.Log, before: before,
		ended: make(chan struct{}), changed: make(chan struct{}), dirty: make(chan struct{}, 1),
		states: make(map[string]vrrp.State), tracks: make(map[trackerID]vrrp.Track), pending: make(map[trackerID]vrrp.Track),
	}
	s, err := c.spawn(ctx)
	if err != nil {
		return nil, err
	}
	c.session = s
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c.cancel = cancel
	go c.supervise(life)
	go c.sendTracks(life)
	return c, nil
}

func (c *Client) spawn(ctx context.Context) (*session, error) {
	l := listener{notify: c.notice, log: c.log}
	return spawn(ctx, c.options, l.take)
}

// notice remembers who is master and passes the notice on.
func (c *Client) notice(n vrrp.Notice) {
	if n.Kind == vrrp.StateChanged && !n.Group {
		c.mu.Lock()
		c.states[n.Name] = n.To
		c.mu.Unlock()
	}
	c.options.Notify(n)
}

// current returns the process, waiting for one if there is none at the moment, or
// only one that is known to have died.
func (c *Client) current(ctx context.Context, died *session) (*session, error) {
	for {
		c.mu.Lock()
		s, changed := c.session, c.changed
		c.mu.Unlock()
		if s != nil && s != died {
			return s, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the VRRP process: %w", ctx.Err())
		case <-c.ended:
			return nil, errEnded
		}
	}
}

// call asks the process, or when it dies meanwhile the next one: none of the
// requests minds being done twice.
func (c *Client) call(ctx context.Context, name string, body, result any) error {
	var died *session
	for {
		s, err := c.current(ctx, died)
		if err != nil {
			return err
		}
		if err := s.call(ctx, name, body, result); !errors.Is(err, errBroken) {
			return err
		}
		died = s
	}
}

// Prepare implements Service.
func (c *Client) Prepare(ctx context.Context, setup Setup) error {
	s, err := c.current(ctx, nil)
	if err != nil {
		return err
	}
	if err := s.call(ctx, callPrepare, setup, nil); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next, c.prepared = &setup, s
	return nil
}

// Discard implements Service.
func (c *Client) Discard() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next != nil && c.session != nil {
		_, _ = c.session.start(callDiscard, nil)
	}
	c.next, c.prepared = nil, nil
}

// Commit implements Service. If the process dies meanwhile, the next one gets the
// setup.
func (c *Client) Commit(ctx context.Context) error {
	c.committing.Lock()
	defer c.committing.Unlock()
	c.mu.Lock()
	next, s, prepared := c.next, c.session, c.prepared
	c.next, c.prepared = nil, nil
	c.mu.Unlock()
	if next == nil {
		return errUnprepared
	}
	c.setup = next
	if s == nil {
		return nil
	}
	var err error
	if s != prepared {
		err = s.call(ctx, callPrepare, next, nil)
	}
	if err == nil {
		err = c.commitTo(ctx, s, c.before.leave(ctx))
	}
	if errors.Is(err, errBroken) {
		return nil
	}
	return err
}

// commitTo makes a process do what it has prepared of the setup, with all that is
// known of trackers. It is called with committing held.
func (c *Client) commitTo(ctx context.Context, s *session, l legacy) error {
	c.mu.Lock()
	id, reply := s.start(callCommit, commitment{Legacy: l, Tracks: slices.Collect(maps.Values(c.tracks))})
	c.mu.Unlock()
	err := s.await(ctx, id, reply, nil)
	if err == nil {
		c.former = *c.setup
	}
	return err
}

// SetTracks implements Service.
func (c *Client) SetTracks(tracks ...vrrp.Track) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range tracks {
		id := trackerID{t.Kind, t.Name}
		c.tracks[id], c.pending[id] = t, t
	}
	c.wakeTracks()
}

func (c *Client) wakeTracks() {
	select {
	case c.dirty <- struct{}{}:
	default:
	}
}

// sendTracks passes on what SetTracks gets, one request at a time.
func (c *Client) sendTracks(ctx context.Context) {
	for {
		select {
		case <-c.dirty:
		case <-ctx.Done():
			return
		}
		c.mu.Lock()
		s := c.session
		if s == nil || len(c.pending) == 0 {
			c.mu.Unlock()
			continue // until there is a process
		}
		id, reply := s.start(callTracks, slices.Collect(maps.Values(c.pending)))
		clear(c.pending)
		c.mu.Unlock()
		if err := s.await(ctx, id, reply, nil); err != nil && ctx.Err() == nil && !errors.Is(err, errBroken) {
			c.log.Error("VRRP does not know the state of trackers", "err", err)
		}
	}
}

// Status implements Service.
func (c *Client) Status(ctx context.Context) (r vrrp.Report, err error) {
	err = c.call(ctx, callStatus, nil, &r)
	return r, err
}

// Release implements Service.
func (c *Client) Release(ctx context.Context, name string) error {
	return c.call(ctx, callRelease, order{Name: name}, nil)
}

// Preempt implements Service.
func (c *Client) Preempt(ctx context.Context, name string) error {
	return c.call(ctx, callPreempt, order{Name: name}, nil)
}

// SetPriority implements Service.
func (c *Client) SetPriority(ctx context.Context, name string, priority uint8) error {
	return c.call(ctx, callPriority, order{Name: name, Priority: priority}, nil)
}

// Stop implements Service. A process that has not ended when ctx is done does so
// by itself.
func (c *Client) Stop(ctx context.Context) error {
	defer c.cancel()
	c.before.close()
	c.mu.Lock()
	c.stopping = true
	c.mu.Unlock()
	// A process that dies comes back once more, for its addresses have to go.
	if err := c.call(ctx, callStop, nil, nil); err != nil && !errors.Is(err, errEnded) {
		return fmt.Errorf("stop VRRP: %w", err)
	}
	select {
	case <-c.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Leave implements Service.
func (c *Client) Leave(ctx context.Context, limit time.Duration) error {
	c.before.close()
	s, err := c.current(ctx, nil)
	if err == nil {
		err = s.call(ctx, callKeep, limit, nil)
	}
	c.cancel() // nobody starts another process
	<-c.ended
	if err != nil {
		return fmt.Errorf("leave VRRP to the next daemon: %w", err)
	}
	return s.conn.Close()
}

// mastersAfter returns which routers go on as masters in a new process because
// nobody else can have taken over in this time of silence.
func (c *Client) mastersAfter(silence time.Duration) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var names []string
	for i := range c.setup.Routers {
		r := &c.setup.Routers[i]
		if c.states[r.Config.Name] == vrrp.Master && silence < r.downInterval() {
			names = append(names, r.Config.Name)
		}
	}
	return names
}
