package watch

import (
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/status"
)

// press does what a key means where the user is.
func (m *model) press(msg tea.KeyPressMsg) tea.Cmd {
	pressed := msg.String()
	switch pressed {
	case "ctrl+c":
		return tea.Quit
	case "ctrl+l":
		return tea.ClearScreen
	}
	switch {
	case m.question != nil:
		return m.answerQuestion(pressed)
	case m.searching:
		m.edit(pressed, msg.Text)
		return nil
	}
	m.notice = ""
	switch pressed {
	case "q":
		return tea.Quit
	case "p":
		return m.pause()
	case "?":
		m.show(help)
	case "v":
		m.show(routers)
	case "esc", "left", "h":
		m.back()
	case "d", "x", "e":
		m.command(pressed)
	default:
		if m.pane == servers {
			return m.pressList(pressed)
		}
		m.pressPane(pressed)
	}
	return nil
}

// edit changes the search text.
func (m *model) edit(pressed, text string) {
	search := m.list.search
	switch pressed {
	case "enter":
		m.searching = false
	case "esc":
		m.searching = false
		m.search("")
	case "backspace":
		_, n := utf8.DecodeLastRuneInString(search)
		m.search(search[:len(search)-n])
	case "ctrl+u":
		m.search("")
	default:
		m.search(search + status.Printable(text))
	}
}

// search shows what has a text.
func (m *model) search(text string) {
	m.list.search = text
	m.list.arrange()
}

// pressList is press in the list of real servers.
func (m *model) pressList(pressed string) tea.Cmd {
	l := &m.list
	page := max(m.room()-2, 1)
	switch pressed {
	case "up", "k":
		l.move(-1)
	case "down", "j":
		l.move(1)
	case "pgup", "ctrl+b":
		l.move(-page)
	case "pgdown", "space", "ctrl+f":
		l.move(page)
	case "home", "g":
		l.move(-len(l.lines))
	case "end", "G":
		l.move(len(l.lines))
	case "s":
		l.order = (l.order + 1) % orders
		l.reverse = false
		l.arrange()
		l.first()
	case "r", "S":
		l.reverse = !l.reverse
		l.arrange()
		l.first()
	case "/":
		m.searching = true
	case "enter", "right", "l":
		if line, ok := l.current(); ok {
			m.show(details)
			m.shown, m.probes = line.key(), nil
			return m.ask()
		}
	}
	return nil
}

// pressPane is press in the other panes.
func (m *model) pressPane(pressed string) {
	lines := 0
	switch pressed {
	case "up", "k":
		lines = -1
	case "down", "j":
		lines = 1
	case "pgup", "ctrl+b":
		lines = -max(m.room()-1, 1)
	case "pgdown", "space", "ctrl+f":
		lines = max(m.room()-1, 1)
	case "home", "g":
		lines = -m.scroll - m.router
	case "end", "G":
		lines = 1 << 20
	}
	if m.pane == routers {
		m.router = max(0, min(m.router+lines, len(m.status.VRRPInstances)-1))
		m.scroll = max(0, 2*m.router-m.room()/2) // an instance has two lines
		return
	}
	m.scroll = max(0, min(m.scroll+lines, m.longest()-m.room()))
}

// longest is how many lines the pane has.
func (m *model) longest() int {
	if m.pane == details {
		return len(m.details())
	}
	return len(helpLines())
}

// show changes to a pane.
func (m *model) show(p pane) {
	m.pane, m.scroll, m.shown = p, 0, key{}
}

// back leaves a pane, or shows all real servers.
func (m *model) back() {
	if m.pane == servers {
		m.search("")
		return
	}
	m.show(servers)
}

// command asks whether to do what a key wants with what is selected.
func (m *model) command(pressed string) {
	if m.pane == routers {
		if m.router < len(m.status.VRRPInstances) && pressed != "x" {
			ask := map[string]func(*api.VRRPInstance) *question{"d": askRelease, "e": askPreempt}[pressed]
			m.question = ask(&m.status.VRRPInstances[m.router])
		}
		return
	}
	target := m.shown
	if line, ok := m.list.current(); ok && m.pane == servers {
		target = line.key()
	}
	if v, r := m.find(target); r != nil {
		ask := map[string]func(*api.VirtualServer, *api.RealServer) *question{"d": askDrain, "x": askDisable, "e": askEnable}[pressed]
		m.question = ask(v, r)
	}
}
