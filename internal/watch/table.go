package watch

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/status"
)

// A column of the list of real servers.
type column struct {
	title string
	order order // that it shows, byName: none
	width int   // 0: what is left of the screen
	left  bool  // else what stands in it ends in line
	text  func(*api.RealServer, time.Time) string
}

// columns are those that have room beside names of a width.
func columns(screen, names int) []column {
	const wide = math.MaxInt
	all := []struct {
		from, to int // widths of the screen at which it is shown
		column
	}{
		{0, wide, column{"STATE", byState, 8, true, func(r *api.RealServer, _ time.Time) string { return r.State }}},
		{160, wide, column{"METHOD", 0, 6, true, func(r *api.RealServer, _ time.Time) string { return r.Method }}},
		{50, wide, column{"WEIGHT", byWeight, 7, false, func(r *api.RealServer, _ time.Time) string { return status.Weight(*r) }}},
		{0, wide, column{"ACTIVE", byActive, 6, false, func(r *api.RealServer, _ time.Time) string { return count(r.Active) }}},
		{110, wide, column{"INACT", 0, 6, false, func(r *api.RealServer, _ time.Time) string { return count(r.Inactive) }}},
		{60, wide, column{"CONN/S", byRate, 6, false, func(r *api.RealServer, _ time.Time) string { return status.Connections(r.Rates) }}},
		{70, 139, column{"BYTES/S", 0, 7, false, func(r *api.RealServer, _ time.Time) string { return status.Bytes(r.Rates) }}},
		{140, wide, column{"IN/S", 0, 5, false, func(r *api.RealServer, _ time.Time) string { return status.BytesIn(r.Rates) }}},
		{140, wide, column{"OUT/S", 0, 5, false, func(r *api.RealServer, _ time.Time) string { return status.BytesOut(r.Rates) }}},
		{100, wide, column{"SINCE", 0, 6, false, func(r *api.RealServer, now time.Time) string { return status.Age(r.Since, now) }}},
	}
	var chosen []column
	left := screen - names - 2
	for _, c := range all {
		if screen >= c.from && screen <= c.to && left >= c.width+2 {
			chosen = append(chosen, c.column)
			left -= c.width + 2
		}
	}
	if left > 8 {
		chosen = append(chosen, column{"REASON", 0, left - 2, true, func(r *api.RealServer, _ time.Time) string { return status.Remark(*r) }})
	}
	return chosen
}

// nameWidth is the room for the first column.
func (l *list) nameWidth(screen int) int {
	return min(max(l.names, len("REAL SERVER")), max(screen/3, 22))
}

// draw returns so many lines of the list, with titles above.
func (l *list) draw(columns []column, screen, room int, now time.Time) []string {
	names := l.nameWidth(screen)
	lines := []string{cut("  "+l.title(column{title: "REAL SERVER", width: names, left: true})+l.titles(columns), screen)}
	if l.order == byName && l.lines[l.top].server != nil {
		lines = append(lines, cut(headline(l.lines[l.top].service), screen))
	}
	for i := l.top; i < len(l.lines) && len(lines) < room; i++ {
		line := l.lines[i]
		switch {
		case line.server == nil:
			lines = append(lines, cut(headline(line.service), screen))
		case i == l.cursor:
			lines = append(lines, paint(reversed, fit("> "+l.row(line, columns, names, now, false), screen)))
		default:
			lines = append(lines, cut("  "+l.row(line, columns, names, now, true), screen))
		}
	}
	return lines
}

// titles are those of the columns.
func (l *list) titles(columns []column) string {
	var b strings.Builder
	for _, c := range columns {
		b.WriteString("  " + l.title(c))
	}
	return b.String()
}

// title is that of a column; what the list is sorted by stands out.
func (l *list) title(c column) string {
	if c.order == l.order && (l.order != byName || c.title == "REAL SERVER") {
		return paint(reversed, c.fit(c.title))
	}
	return paint(bold, c.fit(c.title))
}

func (c column) fit(text string) string {
	if c.left {
		return fit(text, c.width)
	}
	return fitRight(text, c.width)
}

// row is a real server in its columns.
func (l *list) row(line line, columns []column, names int, now time.Time, coloured bool) string {
	var b strings.Builder
	b.WriteString(fit(l.name(line), names))
	for _, c := range columns {
		text := c.fit(c.text(line.server, now))
		if coloured && c.title == "STATE" {
			text = paint(stateLook(line.server.State), text)
		}
		b.WriteString("  " + text)
	}
	return b.String()
}

// headline is a virtual server in a line.
func headline(v *api.VirtualServer) string {
	condition := good
	if !v.QuorumUp || v.SorryActive {
		condition = bad
	}
	parts := []string{paint(bold, v.Name), paint(condition, status.Condition(*v))}
	for _, text := range status.ServiceProblems(*v) {
		parts = append(parts, paint(bad, text))
	}
	parts = append(parts, status.Services(*v), v.Scheduler)
	if v.Rates != nil {
		parts = append(parts, status.Connections(v.Rates)+" conn/s", status.Bytes(v.Rates)+"B/s")
	}
	return strings.Join(append(parts, fmt.Sprintf("quorum %d, live weight %d", v.Quorum, v.LiveWeight)), "  ")
}

// count is a number of connections in at most six characters.
func count(n uint32) string {
	if n < 1e6 {
		return strconv.FormatUint(uint64(n), 10)
	}
	return status.Number(uint64(n))
}

// compareRates compares how much two real servers have to do.
func compareRates(a, b *api.RealServer) int {
	rates := func(r *api.RealServer) api.Traffic {
		if r.Rates == nil {
			return api.Traffic{}
		}
		return *r.Rates
	}
	x, y := rates(a), rates(b)
	return cmp.Or(cmp.Compare(x.Connections, y.Connections), cmp.Compare(x.BytesIn+x.BytesOut, y.BytesIn+y.BytesOut))
}
