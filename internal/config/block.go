package config

import (
	"iter"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// A content is one block of a file, taken apart by its table. Its methods in
// value.go give the values of arguments and report what is wrong with them.
type content struct {
	l      *loader
	spec   *block
	kind   string // type of the block
	labels []string
	at     hcl.Range
	args   []given
	blocks []*hcl.Block
	diags  hcl.Diagnostics // about unknown words

	complete bool // all blocks inside are known
}

// A given is an argument that stands in a block.
type given struct {
	name  string
	expr  hcl.Expression
	place *hcl.Range // of the expression
	whole *hcl.Range // of the argument
	value cty.Value  // of the right type, known and not null; NilVal: null or wrong
	wrong bool       // has been found wrong, and reported
}

// open takes block b apart. It reports unknown words, missing arguments and
// blocks that stand there twice.
func (l *loader) open(b *hcl.Block, spec *block) *content {
	c := &content{l: l, spec: spec, kind: b.Type, labels: b.Labels, at: b.DefRange, complete: true}
	if body, ok := b.Body.(*hclsyntax.Body); !ok || !c.take(body) {
		c.takeAny(b.Body)
	}
	for i := range c.args {
		c.eval(&c.args[i])
	}
	for i := range spec.args {
		a := &spec.args[i]
		if a.required && c.written(a.name) == nil && !c.meant(a.name) {
			l.errorAt(c.at, "Missing argument", "%s needs %s. Write for example %s = %s.", c.title(), a.name, a.name, a.example)
		}
	}
	return c
}

// take takes over the body of a file without dynamic blocks. It reports false,
// and has done nothing, if the body does not fit the table.
func (c *content) take(body *hclsyntax.Body) bool {
	for name := range body.Attributes {
		if c.spec.byID[name] == nil {
			return false
		}
	}
	for _, b := range body.Blocks {
		inner := c.spec.find(b.Type)
		if inner == nil || len(b.Labels) != inner.labels() {
			return false
		}
	}
	c.args = make([]given, 0, len(body.Attributes))
	for name, attr := range body.Attributes {
		c.args = append(c.args, given{name: name, expr: attr.Expr, place: rangeOf(attr.Expr), whole: &attr.SrcRange})
	}
	if len(body.Blocks) > 0 {
		c.blocks = make([]*hcl.Block, len(body.Blocks))
		for i, b := range body.Blocks {
			c.blocks[i] = b.AsHCLBlock()
		}
	}
	return true
}

// rangeOf returns the place of an expression, without a copy of that of most.
func rangeOf(expr hcl.Expression) *hcl.Range {
	switch e := expr.(type) {
	case *hclsyntax.TemplateExpr:
		return &e.SrcRange
	case *hclsyntax.LiteralValueExpr:
		return &e.SrcRange
	case *hclsyntax.TupleConsExpr:
		return &e.SrcRange
	default:
		at := expr.Range()
		return &at
	}
}

// takeAny takes over what fits of any body, and reports the rest.
func (c *content) takeAny(body hcl.Body) {
	got, diags := body.Content(c.spec.hcl)
	c.complete = c.l.explain(c.spec, diags)
	c.diags = diags
	for name, attr := range got.Attributes {
		c.args = append(c.args, given{name: name, expr: attr.Expr, place: rangeOf(attr.Expr), whole: &attr.Range})
	}
	c.blocks = got.Blocks
}

// title is what messages call the block: virtual_server "web".
func (c *content) title() string {
	return strings.Join(append([]string{c.kind}, quoteAll(c.labels)...), " ")
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

// openOrDefault opens b, which may be nil: then all arguments have defaults.
func (l *loader) openOrDefault(b *hcl.Block, spec *block) *content {
	if b == nil {
		return &content{l: l, spec: spec, kind: spec.name}
	}
	return l.open(b, spec)
}
