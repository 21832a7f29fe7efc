package config

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

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
			c.badElement(name, element{at: places[i]}, "Null in a list", "%s has an element that is null. Leave it out.", name)
			return nil, false
		}
		elements = append(elements, element{text: v.AsString(), at: places[i]})
	}
	return elements, true
}

// words returns the value of a kindWords argument: at least one of its words,
// each at most once.
func (c *content) words(name string) ([]string, bool) {
	value, ok := c.lookup(name)
	if !ok {
		return nil, false
	}
	if value.LengthInt() == 0 {
		c.bad(name, "Empty list", "%s is empty. Write at least one of %s, or leave it out.", name, strings.Join(quoteAll(c.spec.arg(name).words), ", "))
		return nil, false
	}
	if !c.given(name) { // a default
		var words []string
		for _, v := range value.AsValueSlice() {
			words = append(words, v.AsString())
		}
		return words, true
	}
	elements, ok := c.list(name)
	var words []string
	for _, e := range elements {
		switch {
		case !slices.Contains(c.spec.arg(name).words, e.text):
			c.badElement(name, e, "Unknown word", "%s cannot have %q. Write some of %s.", name, e.text, strings.Join(quoteAll(c.spec.arg(name).words), ", "))
			ok = false
		case slices.Contains(words, e.text):
			c.badElement(name, e, "Duplicate word", "%s has two times %q. Remove one of them.", name, e.text)
			ok = false
		}
		words = append(words, e.text)
	}
	return words, ok
}

// elementPlaces returns where the elements of a list stand; if they come from
// a variable or a function, that is the whole argument.
func (c *content) elementPlaces(name string, length int) []hcl.Range {
	g := c.find(name)
	if g == nil { // a default
		return make([]hcl.Range, length)
	}
	places := slices.Repeat([]hcl.Range{*g.place}, length)
	exprs, diags := hcl.ExprList(g.expr)
	if diags.HasErrors() || len(exprs) != length {
		return places
	}
	for i, expr := range exprs {
		places[i] = expr.Range()
	}
	return places
}
