package watch

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/status"
)

// keptEvents is how many events the view remembers.
const keptEvents = 200

// A job is something to do with the director, outside of the model.
type job func(context.Context, Director) tea.Msg

// Messages to the model, besides keys and sizes.
type (
	// answer is the director's state, or why there is none.
	answer struct {
		at     time.Time
		status api.Status
		err    error

		of     key // whose probes these are
		probes []api.Probe
	}
	// happened are new events.
	happened []api.Event
	// due is the end of a pause between questions.
	due struct{ turn int }
	// obeyed is how a command came out.
	obeyed struct {
		what string
		err  error
	}
)

// A pane is what the middle of the screen shows.
type pane int

const (
	servers pane = iota
	details
	routers
	help
)

// model is the state of the view.
type model struct {
	run    func(job) tea.Cmd
	filter status.Filter
	poll   polling

	width, height int

	now    time.Time  // when the director was asked last
	at     time.Time  // when it answered last
	status api.Status // its answer, without what the filter leaves out
	lost   error      // why there is none since then
	events []api.Event
	unseen int // events that came during a pause

	list      list
	pane      pane
	scroll    int // lines of the pane above the screen
	router    int // that is selected
	shown     key // real server of the details
	probes    []api.Probe
	searching bool      // keys go to the search text
	question  *question // to be answered with yes or no
	notice    string    // how the last command came out
	failed    bool      // the notice is an error
}

func newModel(o Options, run func(job) tea.Cmd) model {
	return model{run: run, filter: o.Filter, poll: polling{every: o.Interval}, list: list{cursor: -1}, width: 80, height: 24}
}

// Init asks for the first time.
func (m model) Init() tea.Cmd { return func() tea.Msg { return due{} } }

// Update takes a message.
func (m model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmd := m.take(msg)
	m.list.follow(m.room() - 1)
	return m, cmd
}

func (m *model) take(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		return m.press(msg)
	case tea.PasteMsg:
		if m.searching {
			m.search(m.list.search + status.Printable(msg.Content))
		}
	case answer:
		return m.answered(msg)
	case happened:
		m.remember(msg)
		return m.poll.hurry()
	case due:
		if m.poll.begin(msg) {
			return m.askAll()
		}
	case obeyed:
		m.notice, m.failed = msg.what, msg.err != nil
		if msg.err != nil {
			m.notice = status.Printable(msg.err.Error())
		}
		return m.ask()
	}
	return nil
}

// ask asks for all that is shown, now or after the question under way.
func (m *model) ask() tea.Cmd {
	if !m.poll.now() {
		return nil
	}
	return m.askAll()
}

// askAll makes a job of asking for all that is shown.
func (m *model) askAll() tea.Cmd {
	shown := m.shown
	return m.run(func(ctx context.Context, d Director) tea.Msg {
		st, err := d.Status(ctx)
		status.CleanAll(&st)
		a := answer{at: time.Now(), status: st, err: err, of: shown}
		if err == nil && shown != (key{}) {
			a.probes, _ = d.Probes(ctx, shown.virtual, shown.real) // it may be gone
			status.Clean(&a.probes)
		}
		return a
	})
}

// answered takes the director's state.
func (m *model) answered(a answer) tea.Cmd {
	m.now, m.lost = a.at, a.err
	if a.err == nil {
		m.at, m.status = a.at, m.filter.Apply(a.status)
		m.list.fill(m.status)
		m.router = max(0, min(m.router, len(m.status.VRRPInstances)-1))
		if a.of == m.shown {
			m.probes = a.probes
		}
	}
	return m.poll.end()
}

// remember keeps the newest events.
func (m *model) remember(events []api.Event) {
	for _, e := range events {
		status.Clean(&e)
		m.events = append(m.events, e)
	}
	if n := len(m.events) - keptEvents; n > 0 {
		m.events = m.events[n:]
	}
	if m.poll.paused {
		m.unseen += len(events)
	}
}

// pause stops the view, or lets it go on.
func (m *model) pause() tea.Cmd {
	m.poll.paused = !m.poll.paused
	m.unseen = 0
	if m.poll.paused {
		return nil
	}
	return m.ask()
}
