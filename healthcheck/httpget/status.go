package httpget

import (
	"fmt"
	"strconv"
	"strings"
)

// statuses are status codes: ranges, both ends included.
type statuses [][2]int

// parseStatuses reads numbers and ranges separated by spaces or commas.
func parseStatuses(text string) (statuses, error) {
	if text == "" {
		return statuses{{200, 299}}, nil
	}
	var s statuses
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ' ' || r == ',' }) {
		low, high, isRange := strings.Cut(word, "-")
		if !isRange {
			high = low
		}
		from, err1 := strconv.Atoi(low)
		to, err2 := strconv.Atoi(high)
		if err1 != nil || err2 != nil || from < 100 || to > 599 || from > to {
			return nil, fmt.Errorf("status code %q: write a number from 100 to 599, or a range such as 200-299", word)
		}
		s = append(s, [2]int{from, to})
	}
	if len(s) == 0 {
		return nil, fmt.Errorf("status codes %q: there is none", text)
	}
	return s, nil
}

func (s statuses) contains(code int) bool {
	for _, r := range s {
		if code >= r[0] && code <= r[1] {
			return true
		}
	}
	return false
}

// String returns the codes as the configuration has them.
func (s statuses) String() string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strconv.Itoa(r[0]))
		if r[1] > r[0] {
			b.WriteByte('-')
			b.WriteString(strconv.Itoa(r[1]))
		}
	}
	return b.String()
}
