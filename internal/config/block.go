package config

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// A content is one block of a file, taken apart by its table. Its methods in
// value.go give the values of arguments and report what is wrong with them.
type content struct {
	l      *loader
	spec   *block
	title  string // as messages call it: virtual_server "web"
	at     hcl.Range
	attrs  hcl.Attributes
	blocks hcl.Blocks
	values map[string]cty.Value // given and of the right type; known and not null
	wrong  map[string]bool      // given and found wrong

	complete bool // all blocks inside are known
}

// open takes block b apart. It reports unknown words, missing arguments and
// blocks that stand there twice.
func (l *loader) open(b *hcl.Block, spec *block) *content {
	got, diags := b.Body.Content(spec.hcl)
	complete := l.explain(spec, diags)
	c := &content{
		l:        l,
		complete: complete,
		spec:     spec,
		title:    strings.Join(append([]string{b.Type}, quoteAll(b.Labels)...), " "),
		at:       b.DefRange,
		attrs:    got.Attributes,
		blocks:   got.Blocks,
		values:   make(map[string]cty.Value, len(got.Attributes)),
	}
	for i := range spec.args {
		a := &spec.args[i]
		if attr := c.attrs[a.name]; attr != nil {
			c.eval(a, attr)
		}
		if a.required && !c.given(a.name) && !c.wrong[a.name] && !meant(diags, a.name) {
			l.errorAt(c.at, "Missing argument", "%s needs %s. Write for example %s = %s.", c.title, a.name, a.name, a.example)
		}
	}
	return c
}

// all yields the blocks of one type.
func (c *content) all(name string) iter.Seq[*hcl.Block] {
	return func(yield func(*hcl.Block) bool) {
		for _, b := range c.blocks {
			if b.Type == name && !yield(b) {
				return
			}
		}
	}
}

// one returns the only block of a type, or nil. More of them are an error.
func (c *content) one(name string) *hcl.Block {
	blocks := slices.Collect(c.all(name))
	if len(blocks) == 0 {
		return nil
	}
	for _, b := range blocks[1:] {
		c.l.errorAt(b.DefRange, "Block given twice",
			"There can be one block %s here, and the first is at %s. Put everything into one of them.", name, place(blocks[0].DefRange))
		c.l.open(b, c.spec.child(name)) // its words are checked all the same
	}
	return blocks[0]
}

// label returns the label of a block and its place.
func label(b *hcl.Block) (string, hcl.Range) {
	return b.Labels[0], b.LabelRanges[0]
}

// explain reports diagnostics of HCL about the words of a block, and adds the
// way out that HCL cannot know. complete is false if dynamic blocks are missing
// because their labels are unknown.
func (l *loader) explain(spec *block, diags hcl.Diagnostics) (complete bool) {
	complete = true
	for _, diag := range diags {
		switch {
		case diag.Summary == "Invalid dynamic block label" && strings.Contains(diag.Detail, "not yet known"):
			complete = false // something else was wrong, and has been reported
			continue
		case diag.Summary == "Unsupported argument", diag.Summary == "Unsupported block type":
			if !strings.Contains(diag.Detail, "Did you mean") {
				word := string(diag.Subject.SliceBytes(l.text(diag.Subject.Filename)))
				diag.Detail += " " + spec.wayOut(strings.Trim(word, `"`))
			}
		case strings.HasPrefix(diag.Summary, "Missing ") && strings.HasPrefix(diag.Detail, "All "):
			diag.Detail += " Write it in quotes before the brace."
		case strings.HasPrefix(diag.Summary, "Extraneous label"):
			diag.Detail += " Remove the label."
		}
		l.diags = append(l.diags, diag)
	}
	return complete
}

// wayOut says what to do about a word that is not expected in the block.
func (b *block) wayOut(word string) string {
	ours, similar := b.rename(word), suggest(word, b.words())
	switch {
	case slices.Contains(b.words(), word): // only a dynamic block is refused then
		return "A dynamic block cannot make them. Write it out."
	case ours != "":
		return fmt.Sprintf("It is called %s here.", ours)
	case similar != "":
		return fmt.Sprintf("Did you mean %q?", similar)
	case len(b.words()) == 0:
		return "This block has no words. Remove it."
	default:
		return fmt.Sprintf("Known here: %s.", strings.Join(b.words(), ", "))
	}
}

// meant tells whether an unknown word was probably meant to be name.
func meant(diags hcl.Diagnostics, name string) bool {
	return slices.ContainsFunc(diags, func(diag *hcl.Diagnostic) bool {
		return strings.HasSuffix(diag.Detail, fmt.Sprintf("Did you mean %q?", name)) ||
			strings.HasSuffix(diag.Detail, fmt.Sprintf("It is called %s here.", name))
	})
}

// text returns the text of a file.
func (l *loader) text(name string) []byte {
	for _, src := range l.sources {
		if src.name == name {
			return src.text
		}
	}
	return nil
}

func quoteAll(words []string) []string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = fmt.Sprintf("%q", word)
	}
	return quoted
}

// openOrDefault opens b, which may be nil: then all arguments have defaults.
func (l *loader) openOrDefault(b *hcl.Block, spec *block) *content {
	if b == nil {
		return &content{l: l, spec: spec, title: spec.name}
	}
	return l.open(b, spec)
}
