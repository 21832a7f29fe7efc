package watch

import (
	"context"
	"io"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/status"
)

// A Director is what the view asks and tells. [*api.Client] is one.
type Director interface {
	Status(ctx context.Context) (api.Status, error)
	Probes(ctx context.Context, virtual, real string) ([]api.Probe, error)
	Events(ctx context.Context, most uint) (api.Events, error)
	FollowEvents(ctx context.Context, after uint64, take func(api.Event) error) error
	Drain(ctx context.Context, virtual, real string, timeout time.Duration) error
	Disable(ctx context.Context, virtual, real string) error
	Enable(ctx context.Context, virtual, real string) error
	Release(ctx context.Context, instance string) error
	Preempt(ctx context.Context, instance string) error
}

// Options are those of a view.
type Options struct {
	Filter   status.Filter
	Interval time.Duration // between questions for the status; events cause more
	Coloured bool          // else only bold, faint and reverse
}

// eventRetry is the pause before the event stream is asked for again.
const eventRetry = time.Second

// frames is how often a second the terminal is written to, at most.
const frames = 20

// Run shows the director on a terminal until the user has enough or ctx is done.
// The terminal is then as it was before.
func Run(ctx context.Context, d Director, out io.Writer, o Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	profile := colorprofile.ASCII
	if o.Coloured {
		profile = colorprofile.ANSI
	}
	m := newModel(o, func(j job) tea.Cmd { return func() tea.Msg { return j(ctx, d) } })
	p := tea.NewProgram(m, tea.WithOutput(out), tea.WithColorProfile(profile), tea.WithFPS(frames), tea.WithoutSignalHandler())
	stop := context.AfterFunc(ctx, p.Quit)
	defer stop()
	var following sync.WaitGroup
	following.Go(func() { follow(ctx, d, func(e []api.Event) { p.Send(happened(e)) }) })
	_, err := p.Run()
	cancel()
	following.Wait()
	return err
}

// follow sends what the director keeps of events, and what comes, until ctx is
// done. Where there is no stream to be had, it looks now and then.
func follow(ctx context.Context, d Director, send func([]api.Event)) {
	var last uint64
	for ctx.Err() == nil {
		if kept, err := d.Events(ctx, keptEvents); err == nil {
			var fresh []api.Event
			for _, e := range kept.Events {
				if e.Seq > last {
					fresh = append(fresh, e)
					last = e.Seq
				}
			}
			if len(fresh) > 0 {
				send(fresh)
			}
			_ = d.FollowEvents(ctx, last, func(e api.Event) error {
				last = max(last, e.Seq)
				send([]api.Event{e})
				return nil
			})
		}
		select {
		case <-time.After(eventRetry):
		case <-ctx.Done():
		}
	}
}
