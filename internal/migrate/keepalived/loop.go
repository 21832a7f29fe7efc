package keepalived

import (
	"strconv"
	"strings"
)

// loop repeats the rest of a line for the values of ~SEQ or ~LST.
func (r *reader) loop(text string, depth int) {
	keyword := text[:4]
	rest := text[4:]
	hex := keyword == "~SEQ" && strings.HasPrefix(rest, "x")
	if hex {
		rest = rest[1:]
	}
	rest = strings.TrimLeft(rest, blanks)
	list, body, closed := strings.Cut(strings.TrimPrefix(rest, "("), ")")
	if !strings.HasPrefix(rest, "(") || !closed {
		r.fail(keyword, "%q: write %s(NAME, values) and the text to repeat.", text, keyword)
		return
	}
	body = strings.TrimLeft(body, blanks)
	if keyword == "~LST" {
		r.list(list, body, depth)
		return
	}
	r.sequence(list, body, hex, depth)
}

// sequence handles ~SEQ(var, [start, [step,]] end).
func (r *reader) sequence(list, body string, hex bool, depth int) {
	parts := strings.Split(list, ",")
	name := strings.Trim(parts[0], blanks)
	var numbers []int64
	for _, p := range parts[1:] {
		values, _ := r.substitute(strings.Trim(p, blanks))
		n, err := strconv.ParseInt(strings.Trim(values[0], blanks), 0, 64)
		if err != nil {
			r.fail("~SEQ", "%q is not a number.", strings.Trim(p, blanks))
			return
		}
		numbers = append(numbers, n)
	}
	if name == "" || len(numbers) < 1 || len(numbers) > 3 {
		r.fail("~SEQ", "write ~SEQ(NAME, START, STEP, END), ~SEQ(NAME, START, END) or ~SEQ(NAME, END).")
		return
	}
	start, step, end := bounds(numbers)
	if step == 0 || start < end && step < 0 || start > end && step > 0 || hex && (start < 0 || end < 0) {
		r.fail("~SEQ", "from %d to %d in steps of %d is no sequence.", start, end, step)
		return
	}
	for n := start; !r.stopped; n += step {
		base := 10
		if hex {
			base = 16
		}
		r.set(name, strconv.FormatInt(n, base))
		r.expand(body, depth+1)
		if left := uint64(end - n); step > 0 && left < uint64(step) || step < 0 && -left < uint64(-step) {
			return
		}
	}
}

// bounds returns the sequence that one to three numbers stand for.
func bounds(numbers []int64) (start, step, end int64) {
	switch len(numbers) {
	case 1:
		if end = numbers[0]; end < 0 {
			return -1, -1, end
		} else if end == 0 {
			return 1, -1, end
		}
		return 1, 1, end
	case 2:
		if numbers[0] > numbers[1] {
			return numbers[0], -1, numbers[1]
		}
		return numbers[0], 1, numbers[1]
	default:
		return numbers[0], numbers[1], numbers[2]
	}
}

// list handles ~LST(var, v1, v2 …) and ~LST({a, b}, {1, 2}, {3, 4} …).
func (r *reader) list(list, body string, depth int) {
	sets := splitTop(list)
	names := tuple(sets[0])
	if len(sets) < 2 || strings.Contains(strings.Join(names, " "), "$") || names[0] == "" {
		r.fail("~LST", "write ~LST(NAME, value, value …) or ~LST({NAME, NAME}, {value, value} …).")
		return
	}
	for _, set := range sets[1:] {
		values := tuple(set)
		if len(values) > len(names) {
			r.fail("~LST", "%q has more values than there are names.", strings.Trim(set, blanks))
			return
		}
		for i, name := range names {
			value := ""
			if i < len(values) {
				value = values[i]
			}
			r.set(name, value)
		}
		if r.expand(body, depth+1); r.stopped {
			return
		}
	}
}

// tuple reads "{a, b}" or "a".
func tuple(s string) []string {
	s = strings.Trim(s, blanks)
	inner, ok := strings.CutPrefix(s, "{")
	if !ok {
		return []string{s}
	}
	var values []string
	for v := range strings.SplitSeq(strings.TrimSuffix(inner, "}"), ",") {
		values = append(values, strings.Trim(v, blanks))
	}
	return values
}
