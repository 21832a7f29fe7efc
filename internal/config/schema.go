package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// A kind is the form of an argument's value.
type kind uint8

const (
	kindText     kind = iota // a string
	kindData                 // a string of any characters
	kindRegexp               // a regular expression
	kindWord                 // one of a few strings
	kindNumber               // a whole number
	kindBool                 // true or false
	kindSwitch               // true, false or a string
	kindDuration             // "300ms", or a number of seconds
	kindList                 // a list of strings
	kindFields               // a list of strings, or one string split at blanks
	kindWords                // a list of words
	kindMap                  // names with whole numbers
	kindTexts                // names with strings
	kindWeight               // header(…) or body(…)
	kindCommand              // a list of strings, or one string split like a shell would
	kindAny                  // whatever the user likes
)

// An argument is one row of the language: everything there is to know about
// an attribute but what it means.
type argument struct {
	name string
	kind kind

	// def is the default as it would be written in a file, "" if there is
	// none or if it comes from somewhere else, which inherits then tells.
	def      string
	inherits string

	required  bool
	example   string    // a value for the message about a missing argument
	words     []string  // kindWord, kindWords: what is allowed
	low, high int64     // kindNumber, kindDuration (nanoseconds): limits, both included
	value     cty.Value // def, evaluated
	form      string    // documentation: form of the text or the list's elements
	keeps     []string  // names that keepalived has for it
}

// limits renders the limits for messages and documentation.
func (a *argument) limits() (low, high string) {
	if a.kind == kindDuration {
		return FormatDuration(time.Duration(a.low)), FormatDuration(time.Duration(a.high))
	}
	return fmt.Sprint(a.low), fmt.Sprint(a.high)
}

// A block is one block type of the language.
type block struct {
	name   string
	label  string // name of the label, "" if the block has none
	once   bool   // at most one in its place
	args   []argument
	groups []group // arguments that it shares with other blocks
	blocks []*block
	keeps  []string   // names that keepalived has for it
	probe  *probeKind // nil: it is no probe
	// lacks are words that keepalived has here and the language has not, with
	// what to do about each.
	lacks map[string]string

	hcl    *hcl.BodySchema // the same for HCL
	byID   map[string]*argument
	byType map[string]*block
}

// A group is arguments that several blocks have, documented once.
type group struct {
	title string
	args  []argument
}

// group returns the arguments of one of its groups.
func (b *block) group(title string) []argument {
	for _, g := range b.groups {
		if g.title == title {
			return g.args
		}
	}
	return nil
}

// labels returns the number of labels.
func (b *block) labels() int {
	if b.label == "" {
		return 0
	}
	return 1
}

// arg returns the row of an argument, which must exist.
func (b *block) arg(name string) *argument {
	a, ok := b.byID[name]
	if !ok {
		panic("config: no argument " + name + " in the table of " + b.name)
	}
	return a
}

// child returns the block type of that name, which must exist.
func (b *block) child(name string) *block {
	c := b.find(name)
	if c == nil {
		panic("config: no block " + name + " in the table of " + b.name)
	}
	return c
}

// find returns the block type of that name, nil if there is none.
func (b *block) find(name string) *block { return b.byType[name] }

// complete fills in what follows from the rest, for b and all inside it. Blocks
// that stand in several places are completed once.
func (b *block) complete() *block {
	if b.hcl != nil {
		return b
	}
	b.hcl = &hcl.BodySchema{}
	for _, g := range b.groups {
		b.args = append(b.args, g.args...)
	}
	b.byID = make(map[string]*argument, len(b.args))
	for i := range b.args {
		// Required is left to us: our message says how to go on.
		b.hcl.Attributes = append(b.hcl.Attributes, hcl.AttributeSchema{Name: b.args[i].name})
		b.byID[b.args[i].name] = &b.args[i]
		b.args[i].value = literal(b.args[i].def)
	}
	b.byType = make(map[string]*block, len(b.blocks))
	for _, c := range b.blocks {
		b.byType[c.name] = c
		header := hcl.BlockHeaderSchema{Type: c.name}
		if c.label != "" {
			header.LabelNames = []string{c.label}
		}
		b.hcl.Blocks = append(b.hcl.Blocks, header)
		c.complete()
	}
	return b
}

// literal returns the value of a default in the table, cty.NilVal for "".
func literal(text string) cty.Value {
	if text == "" {
		return cty.NilVal
	}
	expr, diags := hclsyntax.ParseExpression([]byte(text), "default", hcl.InitialPos)
	if diags.HasErrors() {
		panic("config: default in the table: " + diags.Error())
	}
	value, _ := expr.Value(nil)
	return value
}

// rename returns our word for keepalived's, "" if there is none in this block.
func (b *block) rename(word string) string {
	for _, a := range b.args {
		if slices.Contains(a.keeps, word) {
			return a.name
		}
	}
	for _, c := range b.blocks {
		if slices.Contains(c.keeps, word) || c.name == strings.ToLower(word) {
			return c.name
		}
	}
	for _, a := range b.args {
		if a.name == strings.ToLower(word) {
			return a.name
		}
	}
	return ""
}

// words lists the words of the block.
func (b *block) words() []string {
	var words []string
	for _, a := range b.args {
		words = append(words, a.name)
	}
	for _, c := range b.blocks {
		words = append(words, c.name)
	}
	return words
}

// FormatDuration writes a duration without the zeros of its String method:
// "24h", not "24h0m0s".
func FormatDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// definitions is the part of the root's schema that defines names for the
// rest: it is read first.
func (b *block) definitions() *hcl.BodySchema {
	return &hcl.BodySchema{Blocks: b.hcl.Blocks[:2]}
}

// withoutDefinitions is the rest.
func (b *block) withoutDefinitions() *hcl.BodySchema {
	return &hcl.BodySchema{Blocks: b.hcl.Blocks[2:]}
}
