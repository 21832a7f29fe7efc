package migrate

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/ldirector/ldirector/internal/config"
)

// A Value is the value of an attribute.
type Value struct {
	text  string // an expression, if it is not a list
	items []*item
	list  bool
}

// An Item is one string of a list.
type Item struct {
	Text string
	Origin
}

type item struct {
	Item
	number   bool // Text is a number
	disabled bool
}

// text writes the element as it stands in the list.
func (i *item) text() string {
	if i.number {
		return i.Text
	}
	return quote(i.Text)
}

// String is a string. What HCL would evaluate in it is escaped.
func String(s string) Value { return Value{text: quote(s)} }

// Number is a whole number.
func Number(n int64) Value { return Value{text: strconv.FormatInt(n, 10)} }

// Bool is true or false.
func Bool(b bool) Value { return Value{text: strconv.FormatBool(b)} }

// Duration is a string such as "6s", "300ms" or "1h30m".
func Duration(d time.Duration) Value { return String(FormatDuration(d)) }

// Strings is a list of strings.
func Strings(elements ...string) Value {
	v := Value{list: true}
	for _, s := range elements {
		v.items = append(v.items, &item{Item: Item{Text: s}})
	}
	return v
}

// Numbers is a list of whole numbers.
func Numbers(elements ...int64) Value {
	v := Value{list: true}
	for _, n := range elements {
		v.items = append(v.items, &item{Item: Item{Text: strconv.FormatInt(n, 10)}, number: true})
	}
	return v
}

// List is a list of strings that know where they come from.
func List(elements ...Item) Value {
	v := Value{list: true}
	for _, e := range elements {
		v.items = append(v.items, &item{Item: e})
	}
	return v
}

// FormatDuration writes d as people do: "6s", "90s" below two minutes, "6m",
// never "6m0s".
func FormatDuration(d time.Duration) string {
	if d%time.Second == 0 && d < 2*time.Minute {
		return strconv.FormatInt(int64(d/time.Second), 10) + "s"
	}
	return config.FormatDuration(d)
}

// quote writes a string of HCL.
func quote(s string) string {
	return string(hclwrite.TokensForValue(cty.StringVal(strings.ToValidUTF8(s, "\uFFFD"))).Bytes())
}

// short tells whether a list fits on one line.
func (v Value) short() bool {
	length := 0
	for _, i := range v.items {
		length += len(i.Text) + len(`"", `)
	}
	return length <= 60 && !slices.ContainsFunc(v.items, func(i *item) bool {
		return i.disabled || len(i.Before) > 0 || i.After != ""
	})
}

// String returns v as it is written in a document, on one line.
func (v Value) String() string {
	if !v.list {
		return v.text
	}
	var elements []string
	for _, i := range v.items {
		elements = append(elements, i.text())
	}
	return "[" + strings.Join(elements, ", ") + "]"
}
