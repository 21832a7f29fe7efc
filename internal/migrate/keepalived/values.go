package keepalived

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ldirector/ldirector/internal/migrate"
)

type applier = func(c *converter, out *migrate.Body, s *statement)

// value returns the first word behind the keyword; without one there is an
// error, as in keepalived.
func (c *converter) value(s *statement) (string, bool) {
	if len(s.words) < 2 {
		c.report.Add(migrate.Error, s.at, s.words[0], "%s needs a value.", s.words[0])
		return "", false
	}
	return s.words[1], true
}

// extra reports words that keepalived ignores.
func (c *converter) extra(s *statement, used int) {
	if len(s.words) > used {
		c.report.Add(migrate.Note, s.at, s.words[0], "%q has no effect in keepalived; it is left out.", strings.Join(s.words[used:], " "))
	}
}

// text writes a string.
func text(name string) applier {
	return func(c *converter, out *migrate.Body, s *statement) {
		if v, ok := c.value(s); ok {
			c.extra(s, 2)
			out.Set(name, migrate.String(v), c.from(s))
		}
	}
}

// texts writes all words as one string.
func texts(name string) applier {
	return func(c *converter, out *migrate.Body, s *statement) {
		if _, ok := c.value(s); ok {
			out.Set(name, migrate.String(strings.Join(s.words[1:], " ")), c.from(s))
		}
	}
}

// items writes a list with one element for each line.
func items(name string) applier {
	return func(c *converter, out *migrate.Body, s *statement) {
		out.Set(name, c.list(s, strings.Join), c.from(s))
	}
}

// names writes a list with one element for each word.
func names(name string) applier {
	return func(c *converter, out *migrate.Body, s *statement) {
		out.Set(name, c.names(s), c.from(s))
	}
}

func (c *converter) names(s *statement) migrate.Value {
	var elements []migrate.Item
	for _, i := range s.body {
		for n, word := range i.words {
			item := migrate.Item{Text: word, Origin: migrate.Origin{At: i.at, Keyword: s.words[0]}}
			if n == 0 {
				item.Origin = c.from(i)
				item.Before, item.Keyword = i.before, s.words[0]
			}
			elements = append(elements, item)
		}
	}
	return migrate.List(elements...)
}

// list returns the lines of a list, each as one element.
func (c *converter) list(s *statement, line func([]string, string) string) migrate.Value {
	var elements []migrate.Item
	for _, i := range s.body {
		item := migrate.Item{Text: line(i.words, " "), Origin: c.from(i)}
		item.Before, item.Keyword = i.before, s.words[0]
		elements = append(elements, item)
	}
	return migrate.List(elements...)
}

// number writes a whole number within limits; keepalived ignores others.
func number(name string, low, high int64) applier {
	return func(c *converter, out *migrate.Body, s *statement) {
		if n, ok := c.number(s, 1, low, high); ok {
			c.extra(s, 2)
			out.Set(name, migrate.Number(n), c.from(s))
		}
	}
}

// number reads word number i.
func (c *converter) number(s *statement, i int, low, high int64) (int64, bool) {
	if _, ok := c.value(s); !ok || i >= len(s.words) {
		return 0, false
	}
	text := c.digits(s, s.words[i], `^[+-]?[0-9]+`)
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < low || n > high {
		c.report.Add(migrate.Assumption, s.at, s.words[0], "%q is not a whole number from %d to %d. keepalived ignores it, and so does the import.", s.words[i], low, high)
		return 0, false
	}
	return n, true
}

// digits returns the number that a word begins with; keepalived drops what is
// behind it.
func (c *converter) digits(s *statement, word, pattern string) string {
	digits := regexp.MustCompile(pattern).FindString(word)
	if digits != "" && digits != word {
		c.report.Add(migrate.Assumption, s.at, s.words[0], "%q begins with a number and goes on with something else. keepalived takes %s, and so does the import.", word, digits)
	}
	return digits
}

// seconds writes a duration within limits.
func seconds(name string, low, high time.Duration) applier {
	return func(c *converter, out *migrate.Body, s *statement) {
		if d, ok := c.seconds(s, 1, low, high); ok {
			c.extra(s, 2)
			out.Set(name, migrate.Duration(d), c.from(s))
		}
	}
}

// seconds reads word number i: decimal seconds, to the microsecond.
func (c *converter) seconds(s *statement, i int, low, high time.Duration) (time.Duration, bool) {
	return c.scaled(s, i, time.Second, low, high)
}

// scaled reads a decimal number of units.
func (c *converter) scaled(s *statement, i int, unit, low, high time.Duration) (time.Duration, bool) {
	if _, ok := c.value(s); !ok || i >= len(s.words) {
		return 0, false
	}
	text := c.digits(s, s.words[i], `^\+?([0-9]+(\.[0-9]*)?|\.[0-9]+)`)
	f, err := strconv.ParseFloat(text, 64)
	if d := math.Round(f*float64(unit)/1000) * 1000; err == nil && d >= float64(low) && d <= float64(high) {
		return time.Duration(d), true
	}
	c.report.Add(migrate.Assumption, s.at, s.words[0], "%q is not a number of seconds from %s to %s. keepalived or ldirector would refuse it, so it is left out.", s.words[i], migrate.FormatDuration(low), migrate.FormatDuration(high))
	return 0, false
}

// millis writes a duration given in milliseconds.
func millis(name string) applier {
	return func(c *converter, out *migrate.Body, s *statement) {
		if d, ok := c.scaled(s, 1, time.Millisecond, 0, time.Hour); ok {
			out.Set(name, migrate.Duration(d), c.from(s))
		}
	}
}

// enabled writes true. keepalived looks at the keyword alone.
func enabled(name string) applier {
	return func(c *converter, out *migrate.Body, s *statement) {
		if len(s.words) > 1 {
			c.report.Add(migrate.Assumption, s.at, s.words[0], "keepalived ignores %q behind %s: the keyword alone turns it on, and so it is on here.", strings.Join(s.words[1:], " "), s.words[0])
		}
		out.Set(name, migrate.Bool(true), c.from(s))
	}
}

// boolean writes true or false; nothing means true.
func boolean(name string) applier {
	return func(c *converter, out *migrate.Body, s *statement) {
		if v, ok := c.boolean(s); ok {
			out.Set(name, migrate.Bool(v), c.from(s))
		}
	}
}

func (c *converter) boolean(s *statement) (value, ok bool) {
	switch word := s.arg(1); {
	case len(s.words) == 1, slices.Contains([]string{"on", "true", "yes"}, word):
		c.extra(s, 2)
		return true, true
	case slices.Contains([]string{"off", "false", "no"}, word):
		c.extra(s, 2)
		return false, true
	default:
		c.report.Add(migrate.Assumption, s.at, s.words[0], "%q is none of on, true, yes, off, false and no, in lower case. keepalived ignores it, and so does the import.", word)
		return false, false
	}
}

// command writes a program with its arguments.
func command(name string) applier {
	return func(c *converter, out *migrate.Body, s *statement) {
		args, ok := c.command(s)
		if ok {
			out.Set(name, migrate.Strings(args...), c.from(s))
		}
	}
}

// command reads a command: its first word, split once more. User and group may
// follow.
func (c *converter) command(s *statement) ([]string, bool) {
	if _, ok := c.value(s); !ok {
		return nil, false
	}
	outer, err := shellWords(s.text, false)
	if err != nil || len(outer) < 2 {
		c.report.Add(migrate.Error, s.at, s.words[0], "the command cannot be read: %v.", err)
		return nil, false
	}
	args, err := shellWords(outer[1], true)
	if err != nil || len(args) == 0 {
		c.report.Add(migrate.Error, s.at, s.words[0], "the command cannot be read: %v.", errOr(err))
		return nil, false
	}
	if len(outer) > 2 {
		c.report.Add(migrate.Unsupported, s.at, s.words[0], "it ran as user %s. Here all scripts run as script_user, this one too.", strings.Join(outer[2:], ", group "))
	}
	return args, true
}

func errOr(err error) error {
	if err == nil {
		return errEmpty
	}
	return err
}
