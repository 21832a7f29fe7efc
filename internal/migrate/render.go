package migrate

import (
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
)

// Bytes returns the document as text.
func (d *Document) Bytes() []byte {
	r := renderer{}
	r.body(&d.Body, 0)
	return r.bytes()
}

// A renderer writes a document line by line.
type renderer struct {
	// expanded puts every attribute and element on a line of its own.
	expanded bool
	// whole writes what is disabled as well: the caller makes it a comment.
	whole bool
	lines []line
}

// A line is one line of a document and what it says.
type line struct {
	text string
	part any // *attribute, *item or *Block; nil for what cannot be wrong
}

func (r *renderer) bytes() []byte {
	var b strings.Builder
	for _, l := range r.lines {
		b.WriteString(l.text)
		b.WriteByte('\n')
	}
	return hclwrite.Format([]byte(b.String()))
}

func (r *renderer) line(text string, part any) {
	r.lines = append(r.lines, line{text, part})
}

// body writes the nodes of b, in blocks that are depth deep.
func (r *renderer) body(b *Body, depth int) {
	for i, n := range b.nodes {
		if i > 0 && apart(b.nodes[i-1], b.subject(i), depth) && len(r.lines) > 0 {
			r.line("", nil)
		}
		switch n := n.(type) {
		case *attribute:
			r.part(n.disabled, n.origin, func(r *renderer) { r.attribute(n) })
		case *Block:
			r.part(n.disabled, n.origin, func(r *renderer) { r.block(n, depth) })
		case *comment:
			r.line(mark(n.text), nil)
		}
	}
}

// subject returns node number i or, if that is a comment about a later one, the
// later one.
func (b *Body) subject(i int) node {
	for _, n := range b.nodes[i:] {
		if c, ok := n.(*comment); !ok || !c.lead {
			return n
		}
	}
	return b.nodes[i]
}

// apart tells whether a blank line comes between two nodes.
func apart(first, second node, depth int) bool {
	a, aBlock := first.(*Block)
	b, bBlock := second.(*Block)
	before, afterComment := first.(*comment)
	_, beforeComment := second.(*comment)
	switch {
	case afterComment && before.lead:
		return false
	case afterComment && beforeComment:
		return false
	case afterComment && depth > 0:
		return bBlock && !b.small()
	case depth == 0:
		return true
	case aBlock != bBlock && depth == 1:
		return true
	default:
		return aBlock && !a.small() || bBlock && !b.small()
	}
}

// part writes comments and what they are about; if that is disabled, it is a
// comment too.
func (r *renderer) part(disabled bool, from Origin, write func(*renderer)) {
	for _, text := range from.Before {
		r.line(mark(text), nil)
	}
	if !disabled || r.whole {
		write(r)
		return
	}
	inner := renderer{whole: true}
	write(&inner)
	text := strings.TrimSuffix(string(inner.bytes()), "\n")
	for l := range strings.SplitSeq(text, "\n") {
		r.line(strings.TrimRight("# "+l, " "), nil)
	}
}

func (r *renderer) attribute(a *attribute) {
	v := a.value
	if !v.list || len(v.items) == 0 || v.short() && !r.expanded {
		r.line(a.name+" = "+v.String()+behind(a.origin), a)
		return
	}
	r.line(a.name+" = ["+behind(a.origin), a)
	for _, i := range v.items {
		for _, text := range i.Before {
			r.line(mark(text), nil)
		}
		text := i.text() + "," + behind(i.Origin)
		if i.disabled && !r.whole {
			r.line("# "+text, nil)
			continue
		}
		r.line(text, i)
	}
	r.line("]", a)
}

func (r *renderer) block(b *Block, depth int) {
	words := []string{b.Name}
	for _, label := range b.Labels {
		words = append(words, quote(label))
	}
	header := strings.Join(words, " ")
	switch {
	case len(b.nodes) == 0:
		r.line(header+" {}"+behind(b.origin), b)
		return
	case b.small() && !r.expanded:
		a := b.nodes[0].(*attribute)
		r.line(header+" { "+a.name+" = "+a.value.String()+" }"+behind(b.origin), b)
		return
	}
	r.line(header+" {"+behind(b.origin), b)
	r.body(&b.Body, depth+1)
	r.line("}", b)
}

// small tells whether b can be written on one line.
func (b *Block) small() bool {
	switch {
	case len(b.nodes) == 0:
		return true
	case len(b.nodes) > 1:
		return false
	}
	a, ok := b.nodes[0].(*attribute)
	return ok && !a.disabled && len(a.origin.Before) == 0 && a.origin.After == "" && (!a.value.list || a.value.short())
}

// mark returns the text of a comment with its mark.
func mark(text string) string {
	text = strings.Map(func(c rune) rune {
		if c < ' ' && c != '\t' || c == 0x7f {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(text, "\uFFFD"))
	text = strings.TrimRight(text, " \t")
	if text == "" || text[0] == ' ' || text[0] == '\t' || text[0] == '#' {
		return "#" + text
	}
	return "# " + text
}

// behind returns the comment at the end of a line.
func behind(from Origin) string {
	if from.After == "" {
		return ""
	}
	return " " + mark(from.After)
}
