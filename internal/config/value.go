package config

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// eval evaluates one argument and converts it to the type of its kind.
func (c *content) eval(a *argument, attr *hcl.Attribute) {
	value, diags := attr.Expr.Value(c.l.scope)
	c.l.diags = append(c.l.diags, diags...)
	if diags.HasErrors() {
		c.setWrong(a.name)
		return
	}
	if !value.IsWhollyKnown() { // depends on something that was wrong, and reported
		c.setWrong(a.name)
		return
	}
	if value.IsNull() {
		return
	}
	converted, ok := convertTo(a.kind, value)
	if !ok {
		c.bad(a.name, "Wrong type", "%s needs %s, but this is %s.", a.name, a.kind, value.Type().FriendlyName())
		return
	}
	c.values[a.name] = converted
}

// convertTo converts value to what a getter for kind k expects.
func convertTo(k kind, value cty.Value) (cty.Value, bool) {
	to := cty.DynamicPseudoType // as it is
	switch k {
	case kindText, kindWord:
		to = cty.String
	case kindNumber:
		to = cty.Number
	case kindBool:
		to = cty.Bool
	case kindList:
		to = cty.List(cty.String)
	case kindCommand:
		if value.Type() != cty.String {
			to = cty.List(cty.String)
		}
	case kindDuration:
		if value.Type() != cty.String && value.Type() != cty.Number {
			return value, false
		}
	case kindAny:
	}
	converted, err := convert.Convert(value, to)
	return converted, err == nil
}

// String describes a kind for messages and documentation.
func (k kind) String() string {
	return [...]string{
		kindText:     "a string",
		kindWord:     "a string",
		kindNumber:   "a whole number",
		kindBool:     "true or false",
		kindDuration: `a duration such as "6s" or "300ms", or a number of seconds`,
		kindList:     "a list of strings",
		kindCommand:  "a list of strings (program and arguments), or one string to be split at blanks",
		kindAny:      "any value",
	}[k]
}

// given tells whether an argument has been written, and not as null.
func (c *content) given(name string) bool {
	_, given := c.values[name]
	return given
}

// lookup returns an argument's value, given or default. ok is false if there
// is neither, or if the given one is wrong, which has been reported then.
// The getters below do the same: whoever compares several values leaves out
// those that are not ok.
func (c *content) lookup(name string) (value cty.Value, ok bool) {
	if c.wrong[name] {
		return cty.NilVal, false
	}
	if value, given := c.values[name]; given {
		return value, true
	}
	value = c.spec.arg(name).value
	return value, value != cty.NilVal
}

// text returns the value of a kindText or kindWord argument.
func (c *content) text(name string) (string, bool) {
	value, ok := c.lookup(name)
	if !ok {
		return "", false
	}
	text := value.AsString()
	a := c.spec.arg(name)
	if a.kind == kindWord && !slices.Contains(a.words, text) {
		c.badWord(a, text)
		return "", false
	}
	if strings.ContainsFunc(text, isControl) {
		c.bad(name, "Control character", "%s holds a control character. Only printable characters are allowed here.", name)
		return "", false
	}
	return text, true
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// badWord reports a word that is not in the argument's list.
func (c *content) badWord(a *argument, text string) {
	for _, word := range a.words {
		if strings.EqualFold(word, text) {
			c.bad(a.name, "Wrong case", "%s = %q: case matters here. Write %q.", a.name, text, word)
			return
		}
	}
	c.bad(a.name, "Unknown word", "%s cannot be %q. Write one of %s.", a.name, text, strings.Join(quoteAll(a.words), ", "))
}

// boolean returns the value of a kindBool argument.
func (c *content) boolean(name string) (value, ok bool) {
	v, ok := c.lookup(name)
	return ok && v.True(), ok
}

// number returns the value of a kindNumber argument.
func (c *content) number(name string) (int, bool) {
	value, ok := c.lookup(name)
	if !ok {
		return 0, false
	}
	a := c.spec.arg(name)
	n, accuracy := value.AsBigFloat().Int64()
	if accuracy != big.Exact || n < a.low || n > a.high {
		low, high := a.limits()
		c.bad(name, "Number out of range", "%s is %s. It has to be a whole number from %s to %s.",
			name, value.AsBigFloat().Text('g', 12), low, high)
		return 0, false
	}
	return int(n), true
}

// duration returns the value of a kindDuration argument.
func (c *content) duration(name string) (time.Duration, bool) {
	value, ok := c.lookup(name)
	if !ok {
		return 0, false
	}
	a := c.spec.arg(name)
	low, high := a.limits()
	var d time.Duration
	var text string
	if value.Type() == cty.Number {
		seconds, _ := value.AsBigFloat().Float64()
		text = value.AsBigFloat().Text('g', 12) + " seconds"
		if math.Abs(seconds) >= math.MaxInt64/float64(time.Second) {
			c.bad(name, "Duration out of range", "%s is %s. Allowed is %s to %s.", name, text, low, high)
			return 0, false
		}
		d = time.Duration(math.Round(seconds * float64(time.Second)))
	} else {
		text = value.AsString()
		var err error
		if d, err = time.ParseDuration(text); err != nil {
			c.bad(name, "Invalid duration", "%s is %q. Write a number with a unit, such as \"6s\", \"300ms\" or \"1h30m\" (ms, s, m, h), or a bare number of seconds.", name, text)
			return 0, false
		}
	}
	if d < time.Duration(a.low) || d > time.Duration(a.high) {
		c.bad(name, "Duration out of range", "%s is %s. Allowed is %s to %s.", name, text, low, high)
		return 0, false
	}
	return d, true
}

// An element is one string of a list and its place.
type element struct {
	text string
	at   hcl.Range
}

// list returns the value of a kindList argument.
func (c *content) list(name string) ([]element, bool) {
	value, ok := c.lookup(name)
	if !ok || value.LengthInt() == 0 {
		return nil, ok
	}
	elements := make([]element, 0, value.LengthInt())
	places := c.elementPlaces(name, value.LengthInt())
	for i, v := range value.AsValueSlice() {
		if v.IsNull() {
			c.badAt(c.attrs[name], places[i], "Null in a list", "%s has an element that is null. Leave it out.", name)
			return nil, false
		}
		elements = append(elements, element{text: v.AsString(), at: places[i]})
	}
	return elements, true
}

// elementPlaces returns where the elements of a list stand; if they come from
// a variable or a function, that is the whole argument.
func (c *content) elementPlaces(name string, length int) []hcl.Range {
	attr := c.attrs[name]
	places := slices.Repeat([]hcl.Range{attr.Expr.Range()}, length)
	exprs, diags := hcl.ExprList(attr.Expr)
	if diags.HasErrors() || len(exprs) != length {
		return places
	}
	for i, expr := range exprs {
		places[i] = expr.Range()
	}
	return places
}

// where returns the place of a given argument's value.
func (c *content) where(name string) hcl.Range { return c.attrs[name].Expr.Range() }

// bad reports that a given argument is wrong: its getters are not ok from now
// on.
func (c *content) bad(name, summary, detail string, args ...any) {
	c.setWrong(name)
	c.badAt(c.attrs[name], c.where(name), summary, detail, args...)
}

func (c *content) setWrong(name string) {
	if c.wrong == nil {
		c.wrong = make(map[string]bool)
	}
	c.wrong[name] = true
}

// badAt reports an error of a part of an argument.
func (c *content) badAt(attr *hcl.Attribute, at hcl.Range, summary, detail string, args ...any) {
	context := &attr.Range
	if at != attr.Expr.Range() && context.Start.Line != context.End.Line {
		context = nil // an element of a long list: its own line will do
	}
	c.l.diags = append(c.l.diags, &hcl.Diagnostic{
		Severity:    hcl.DiagError,
		Summary:     summary,
		Detail:      fmt.Sprintf(detail, args...),
		Subject:     &at,
		Context:     context,
		Expression:  attr.Expr,
		EvalContext: c.l.scope,
	})
}
