package httpget

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/ldirector/ldirector/healthcheck"
)

// maxWeight is the largest weight that the configuration takes for a real
// server, and as many percent.
const maxWeight = 65535

// A weigher is a WeightFrom that has been understood.
type weigher struct {
	header  string
	body    bool
	pattern *regexp.Regexp // nil for all of the body
}

// newWeigher returns nil if an answer has no weight.
func newWeigher(w WeightFrom) (*weigher, error) {
	switch {
	case w.Header != "" && w.Body:
		return nil, errors.New("weight: it is in a header or in the body, not in both")
	case w.Pattern != "" && !w.Body:
		return nil, errors.New("weight: a pattern looks at the body")
	case w.Header != "" && !isToken(w.Header):
		return nil, fmt.Errorf("weight: %q is no name of a header", w.Header)
	case w.Header == "" && !w.Body:
		return nil, nil
	}
	g := &weigher{header: w.Header, body: w.Body}
	if w.Pattern != "" {
		var err error
		if g.pattern, err = regexp.Compile(w.Pattern); err != nil {
			return nil, fmt.Errorf("weight: pattern %q: %w", w.Pattern, err)
		}
	}
	return g, nil
}

// weight returns the weight that an answer has.
func (g *weigher) weight(h *head, s *body) (healthcheck.Weight, error) {
	if !g.body {
		if !h.weighs {
			return healthcheck.Weight{}, fmt.Errorf("no weight: there is no header %s", g.header)
		}
		return parseWeight("header "+g.header, h.weight)
	}
	if g.pattern == nil {
		if s.beyond {
			return healthcheck.Weight{}, s.tooLong()
		}
		return parseWeight("body", string(bytes.TrimSpace(s.content[:min(len(s.content), 64)])))
	}
	groups := g.pattern.FindSubmatch(s.content)
	switch {
	case groups == nil && s.beyond:
		return healthcheck.Weight{}, s.tooLong()
	case groups == nil:
		return healthcheck.Weight{}, fmt.Errorf("no weight in body: %q does not match", g.pattern)
	case len(groups) > 1:
		return parseWeight("body", string(groups[1]))
	default:
		return parseWeight("body", string(groups[0]))
	}
}

// parseWeight reads a weight, or a share of one with a percent sign, that was
// found in where.
func parseWeight(where, text string) (healthcheck.Weight, error) {
	number, kind := strings.TrimSpace(text), healthcheck.WeightIs
	if share, ok := strings.CutSuffix(number, "%"); ok {
		number, kind = share, healthcheck.WeightPercent
	}
	n, err := strconv.ParseUint(number, 10, 31)
	switch {
	case err != nil:
		return healthcheck.Weight{}, fmt.Errorf("no weight in %s: %.32q", where, text)
	case n > maxWeight:
		return healthcheck.Weight{}, fmt.Errorf("weight in %s is %d, more than %d", where, n, maxWeight)
	default:
		return healthcheck.Weight{Kind: kind, N: int32(n)}, nil
	}
}
