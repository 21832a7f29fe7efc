package watch

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/ldirector/ldirector/internal/status"
)

// A look is how text stands out. Without colours the rest of it is left.
type look int

const (
	normal look = iota
	faint
	bold
	good
	bad
	odd
	reversed
	alarm // for what must not be overlooked
)

// paint gives text a look.
func paint(l look, text string) string {
	s := ansi.NewStyle()
	switch l {
	case faint:
		s = s.Faint()
	case bold:
		s = s.Bold()
	case good:
		s = s.ForegroundColor(ansi.Green)
	case bad:
		s = s.ForegroundColor(ansi.Red).Bold()
	case odd:
		s = s.ForegroundColor(ansi.Yellow)
	case reversed:
		s = s.Reverse(true)
	case alarm:
		s = s.ForegroundColor(ansi.Red).Bold().Reverse(true)
	default:
		return text
	}
	return s.Styled(text)
}

// stateLook is that of a state of a real server or a virtual router.
func stateLook(state string) look {
	return [...]look{status.Plain: normal, status.Good: good, status.Odd: odd, status.Bad: bad}[status.ToneOf(state)]
}

// width is how many columns of the screen text takes.
func width(text string) int { return ansi.StringWidth(text) }

// fit makes text so many columns wide, by cutting it or with blanks.
func fit(text string, columns int) string {
	text = cut(text, columns)
	return text + strings.Repeat(" ", max(columns-width(text), 0))
}

// fitRight is fit with the blanks before.
func fitRight(text string, columns int) string {
	text = cut(text, columns)
	return strings.Repeat(" ", max(columns-width(text), 0)) + text
}

// cut leaves out of text what has no room, and shows that.
func cut(text string, columns int) string {
	if columns <= 0 {
		return ""
	}
	return ansi.Truncate(text, columns, "~")
}

// wrap breaks text into lines of so many columns, and at most so many lines.
func wrap(text string, columns, most int) []string {
	lines := strings.Split(ansi.Wrap(text, max(columns, 1), ""), "\n")
	if len(lines) > most {
		lines = lines[:max(most, 1)]
		last := &lines[len(lines)-1]
		*last = cut(*last+strings.Repeat(" ", columns), columns)
	}
	return lines
}

// ends puts two texts at the ends of a line; the left one is cut if need be.
func ends(left, right string, columns int) string {
	right = cut(right, columns)
	return fit(left, columns-width(right)) + right
}
