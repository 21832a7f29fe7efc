package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// A row is one line of the report: what was measured of us, and of what it is
// compared with in the same run.
type row struct {
	what, ours, other, ratio, target string
}

// A report collects the rows.
type report struct{ rows []row }

// compare adds the medians of two series and their ratio.
func (r *report) compare(what string, ours []time.Duration, name string, other []time.Duration, target string) {
	r.rows = append(r.rows, row{
		what: what, ours: series(ours), other: name + " " + series(other),
		ratio: fmt.Sprintf("%.2f", float64(median(ours))/float64(median(other))), target: target,
	})
}

// add adds one line.
func (r *report) add(l row) { r.rows = append(r.rows, l) }

// figures adds the medians of two series of numbers and their ratio. format is
// that of one number.
func (r *report) figures(what, unit, format string, ours []float64, name string, other []float64, target string) {
	text := func(n []float64) string {
		return fmt.Sprintf(format+"%s ("+format+"–"+format+")", median(n), unit, slices.Min(n), slices.Max(n))
	}
	r.add(row{
		what: what, ours: text(ours), other: name + " " + text(other),
		ratio: fmt.Sprintf("%.2f", median(ours)/median(other)), target: target,
	})
}

// fine is compare in milliseconds with fractions.
func (r *report) fine(what string, ours []time.Duration, name string, other []time.Duration, target string) {
	r.figures(what, " ms", "%.2f", milliseconds(ours), name, milliseconds(other), target)
}

func milliseconds(times []time.Duration) []float64 {
	ms := make([]float64, len(times))
	for i, t := range times {
		ms[i] = float64(t.Microseconds()) / 1000
	}
	return ms
}

// memory adds what a program keeps resident at rest.
func (r *report) memory(ours, other *contender) {
	r.rows = append(r.rows, row{
		what:  "memory at rest, " + strings.TrimPrefix(ours.name, "start, "),
		ours:  fmt.Sprintf("%.0f MiB (at most %.0f)", ours.now, ours.peak),
		other: fmt.Sprintf("%s %.0f MiB (at most %.0f)", other.name, other.now, other.peak),
		ratio: fmt.Sprintf("%.2f", ours.now/other.now), target: "< 60 MiB",
	})
}

// count adds what was asked of the kernel.
func (r *report) count(what string, ours, other *contender, target string) {
	r.rows = append(r.rows, row{
		what:   what,
		ours:   fmt.Sprintf("%d writes, %d reads", ours.writes, ours.reads),
		other:  fmt.Sprintf("%s %d writes, %d reads", other.name, other.writes, other.reads),
		target: target,
	})
}

// write prints everything as one table.
func (r *report) write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "measured\tldirector\tbeside\tratio\ttarget")
	for _, l := range r.rows {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", l.what, l.ours, l.other, l.ratio, l.target)
	}
	return t.Flush()
}

func median[T cmp.Ordered](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// series gives the median and, in parentheses, the extremes.
func series(d []time.Duration) string {
	return fmt.Sprintf("%d ms (%d–%d)", median(d).Milliseconds(), slices.Min(d).Milliseconds(), slices.Max(d).Milliseconds())
}
