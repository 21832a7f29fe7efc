package config

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// eval evaluates one argument and converts it to the type of its kind.
func (c *content) eval(g *given) {
	value, diags := evaluate(g.expr, c.l.scope)
	c.l.diags = append(c.l.diags, diags...)
	// What is not known depends on something that was wrong, and reported.
	if diags.HasErrors() || !value.IsWhollyKnown() {
		g.wrong = true
		return
	}
	if value.IsNull() {
		return
	}
	a := c.spec.arg(g.name)
	converted, ok := convertTo(a.kind, value)
	if !ok {
		c.bad(g.name, "Wrong type", "%s needs %s, but this is %s.", g.name, a.kind, value.Type().FriendlyName())
		return
	}
	g.value = converted
}

// evaluate returns the value of an expression. Most are plain strings, which
// need no template to be run.
func evaluate(expr hcl.Expression, scope *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	if template, ok := expr.(*hclsyntax.TemplateExpr); ok && len(template.Parts) == 1 {
		if part, ok := template.Parts[0].(*hclsyntax.LiteralValueExpr); ok && part.Val.Type() == cty.String {
			return part.Val, nil
		}
	}
	return expr.Value(scope)
}

// convertTo converts value to what a getter for kind k expects.
func convertTo(k kind, value cty.Value) (cty.Value, bool) {
	to := cty.DynamicPseudoType // as it is
	switch k {
	case kindText, kindData, kindRegexp, kindWord:
		to = cty.String
	case kindNumber:
		to = cty.Number
	case kindBool:
		to = cty.Bool
	case kindList, kindWords:
		return stringList(value)
	case kindFields:
		return fieldList(value)
	case kindMap:
		to = cty.Map(cty.Number)
	case kindTexts:
		to = cty.Map(cty.String)
	case kindWeight:
		return value, value.Type().Equals(weightType())
	case kindCommand:
		if value.Type() != cty.String {
			return stringList(value)
		}
	case kindSwitch:
		if value.Type() != cty.Bool {
			to = cty.String
		}
	case kindDuration:
		if value.Type() != cty.String && value.Type() != cty.Number {
			return value, false
		}
	case kindAny:
	}
	if to == cty.DynamicPseudoType || value.Type() == to {
		return value, true
	}
	converted, err := convert.Convert(value, to)
	return converted, err == nil
}

// stringList converts a list of strings and numbers. The conversion of tuples
// in package convert takes the square of their length.
func stringList(value cty.Value) (cty.Value, bool) {
	if !isList(value.Type()) {
		return value, false
	}
	elements := value.AsValueSlice()
	if len(elements) == 0 {
		return cty.ListValEmpty(cty.String), true
	}
	for i, v := range elements {
		var err error
		if elements[i], err = convert.Convert(v, cty.String); err != nil {
			return value, false
		}
	}
	return cty.ListVal(elements), true
}

// fieldList is stringList, but takes also one string, which it splits at blanks,
// and a number.
func fieldList(value cty.Value) (cty.Value, bool) {
	if isList(value.Type()) {
		return stringList(value)
	}
	text, err := convert.Convert(value, cty.String)
	if err != nil || value.Type() == cty.Bool {
		return value, false
	}
	var fields []cty.Value
	for field := range strings.FieldsSeq(text.AsString()) {
		fields = append(fields, cty.StringVal(field))
	}
	if len(fields) == 0 {
		return cty.ListValEmpty(cty.String), true
	}
	return cty.ListVal(fields), true
}

// String describes a kind for messages and documentation.
func (k kind) String() string {
	return [...]string{
		kindText:     "a string",
		kindData:     "a string",
		kindRegexp:   "a regular expression",
		kindWord:     "a string",
		kindNumber:   "a whole number",
		kindBool:     "true or false",
		kindSwitch:   "true, false or a string",
		kindDuration: `a duration such as "6s" or "300ms", or a number of seconds`,
		kindList:     "a list of strings",
		kindFields:   "a list of strings, or one string with blanks between them",
		kindWords:    "a list of words",
		kindMap:      "names with whole numbers, such as { expire_nodest_conn = 1 }",
		kindTexts:    `names with strings, such as { "X-Probe" = "yes" }`,
		kindWeight:   `a place in an answer, such as header("X-Weight"), body() or body("load=(\\d+)")`,
		kindCommand:  "a list of strings (program and arguments), or one string to be split at blanks",
		kindAny:      "any value",
	}[k]
}

// find returns an argument that stands in the block, nil if it does not.
func (c *content) find(name string) *given {
	for i := range c.args {
		if c.args[i].name == name {
			return &c.args[i]
		}
	}
	return nil
}

// given tells whether an argument has been written, not as null and with a
// value of the right type.
func (c *content) given(name string) bool {
	g := c.find(name)
	return g != nil && g.value != cty.NilVal
}

// written returns where an argument has been written, nil if it has not, or as
// null. Its value may be wrong.
func (c *content) written(name string) *hcl.Range {
	g := c.find(name)
	if g == nil || g.value == cty.NilVal && !g.wrong {
		return nil
	}
	return g.place
}

// isWrong tells whether an argument has been found wrong, and reported.
func (c *content) isWrong(name string) bool {
	g := c.find(name)
	return g != nil && g.wrong
}

// anyWrong tells that of any argument of the block.
func (c *content) anyWrong() bool {
	return slices.ContainsFunc(c.args, func(g given) bool { return g.wrong })
}

// lookup returns an argument's value, given or default. ok is false if there
// is neither, or if the given one is wrong, which has been reported then.
// The getters below do the same: whoever compares several values leaves out
// those that are not ok.
func (c *content) lookup(name string) (value cty.Value, ok bool) {
	if g := c.find(name); g != nil {
		if g.wrong {
			return cty.NilVal, false
		}
		if g.value != cty.NilVal {
			return g.value, true
		}
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
	if a.kind != kindData && a.kind != kindRegexp && strings.ContainsFunc(text, isControl) {
		c.bad(name, "Control character", "%s holds a control character. Only printable characters are allowed here.", name)
		return "", false
	}
	return text, true
}

// regexp returns the value of a kindRegexp argument.
func (c *content) regexp(name string) string {
	text, ok := c.text(name)
	if !ok {
		return ""
	}
	if _, err := regexp.Compile(text); err != nil {
		c.bad(name, "Invalid regular expression", "%s: %s. Write RE2 syntax, which has no look-around and no back-references.", name, regexpError(err))
		return ""
	}
	return text
}

// regexpError renders what is wrong with a regular expression.
func regexpError(err error) string {
	if e, ok := errors.AsType[*syntax.Error](err); ok {
		return fmt.Sprintf("%s in %q", e.Code, e.Expr)
	}
	return err.Error()
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
	var d time.Duration
	if value.Type() == cty.Number {
		seconds, _ := value.AsBigFloat().Float64()
		if math.Abs(seconds) >= math.MaxInt64/float64(time.Second) {
			c.badDuration(a, value)
			return 0, false
		}
		d = time.Duration(math.Round(seconds * float64(time.Second)))
	} else {
		var err error
		if d, err = time.ParseDuration(value.AsString()); err != nil {
			c.bad(name, "Invalid duration", "%s is %q. Write a number with a unit, such as \"6s\", \"300ms\" or \"1h30m\" (ms, s, m, h), or a bare number of seconds.", name, value.AsString())
			return 0, false
		}
	}
	if d < time.Duration(a.low) || d > time.Duration(a.high) {
		c.badDuration(a, value)
		return 0, false
	}
	return d, true
}

// badDuration reports a duration beyond the argument's limits.
func (c *content) badDuration(a *argument, value cty.Value) {
	var text string
	if value.Type() == cty.Number {
		text = value.AsBigFloat().Text('g', 12) + " seconds"
	} else {
		text = value.AsString()
	}
	low, high := a.limits()
	c.bad(a.name, "Duration out of range", "%s is %s. Allowed is %s to %s.", a.name, text, low, high)
}

// where returns the place of a given argument's value.
func (c *content) where(name string) hcl.Range { return *c.find(name).place }

// bad reports that a given argument is wrong: its getters are not ok from now
// on.
func (c *content) bad(name, summary, detail string, args ...any) {
	g := c.find(name)
	g.wrong = true
	c.badAt(g, *g.place, summary, detail, args...)
}

// badElement reports that an element of a list is wrong. The others may still
// be asked for.
func (c *content) badElement(name string, e element, summary, detail string, args ...any) {
	c.badAt(c.find(name), e.at, summary, detail, args...)
}

// contradict reports that two written arguments do not go together. detail
// says why and what to do.
func (c *content) contradict(name, other, detail string) {
	c.bad(name, "Contradictory arguments", "%s and %s (%s): %s", name, other, place(c.where(other)), detail)
}

// badAt reports an error of a part of an argument.
func (c *content) badAt(g *given, at hcl.Range, summary, detail string, args ...any) {
	context := g.whole
	if at != *g.place && context.Start.Line != context.End.Line {
		context = nil // an element of a long list: its own line will do
	}
	c.l.diags = append(c.l.diags, &hcl.Diagnostic{
		Severity:    hcl.DiagError,
		Summary:     summary,
		Detail:      fmt.Sprintf(detail, args...),
		Subject:     &at,
		Context:     context,
		Expression:  g.expr,
		EvalContext: c.l.scope,
	})
}
