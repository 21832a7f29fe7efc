package config

import (
	"bytes"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// expression reads a value, nil if it is none.
func (p *plainParser) expression() hclsyntax.Expression {
	start := *p
	expr := p.value()
	if expr != nil {
		end := *p
		p.blanks()
		c := p.peek()
		complete := c == '\n' || c == '}' || c == '#' || p.pos == len(p.text) || bytes.HasPrefix(p.text[p.pos:], []byte("//"))
		*p = end
		if complete {
			return expr
		}
	}
	*p = start
	return p.foreign()
}

// value reads a value that is written out, nil if it is not.
func (p *plainParser) value() hclsyntax.Expression {
	switch c := p.peek(); {
	case c == '"':
		return p.stringValue()
	case isDigit(c):
		return p.number()
	case c == '[':
		return p.list()
	case isLetter(c):
		at := p.ident()
		switch p.word(at) {
		case "true":
			return &hclsyntax.LiteralValueExpr{Val: cty.True, SrcRange: at}
		case "false":
			return &hclsyntax.LiteralValueExpr{Val: cty.False, SrcRange: at}
		case "null":
			return &hclsyntax.LiteralValueExpr{Val: cty.NullVal(cty.DynamicPseudoType), SrcRange: at}
		}
	}
	return nil
}

// stringValue reads a string. An empty one is left to HCL.
func (p *plainParser) stringValue() hclsyntax.Expression {
	at, ok := p.quoted()
	if !ok || at.End.Byte-at.Start.Byte == 2 {
		return nil
	}
	inner := at
	inner.Start.Byte++
	inner.Start.Column++
	inner.End.Byte--
	inner.End.Column--
	return &hclsyntax.TemplateExpr{
		Parts:    []hclsyntax.Expression{&hclsyntax.LiteralValueExpr{Val: cty.StringVal(p.word(inner)), SrcRange: inner}},
		SrcRange: at,
	}
}

// number reads a whole number.
func (p *plainParser) number() hclsyntax.Expression {
	from := p.here()
	for isDigit(p.peek()) {
		p.pos++
	}
	at := p.since(from)
	if c := p.peek(); c == '.' || isLetter(c) {
		return nil
	}
	value, known := p.numbers[p.word(at)]
	if !known {
		var err error
		if value, err = cty.ParseNumberVal(p.word(at)); err != nil {
			return nil
		}
		p.numbers[p.word(at)] = value
	}
	return &hclsyntax.LiteralValueExpr{Val: value, SrcRange: at}
}

// list reads a list of values.
func (p *plainParser) list() hclsyntax.Expression {
	from := p.here()
	p.pos++
	tuple := &hclsyntax.TupleConsExpr{OpenRange: p.since(from)}
	for {
		p.blankLines()
		if p.peek() == ']' {
			break
		}
		expr := p.value()
		if expr == nil {
			return nil
		}
		tuple.Exprs = append(tuple.Exprs, expr)
		p.blankLines()
		if !p.take(',') && p.peek() != ']' {
			return nil
		}
	}
	p.pos++
	tuple.SrcRange = p.since(from)
	return tuple
}

// blankLines skips blanks, comments and line ends.
func (p *plainParser) blankLines() {
	for p.blanks(); p.peek() == '\n' || p.peek() == '#' || p.peek() == '/'; p.blanks() {
		if !p.endOfLine() {
			return
		}
	}
}

// foreign has HCL read an expression that goes to the end of the line or of
// its block.
func (p *plainParser) foreign() hclsyntax.Expression {
	start := p.here()
	s := nestingScanner{text: p.text, pos: p.pos, line: p.line, lineStart: p.lineStart}
	for s.pos < len(p.text) {
		c := p.text[s.pos]
		if len(s.open) == 0 && (c == '\n' || c == '}' || c == '#' || bytes.HasPrefix(p.text[s.pos:], []byte("//"))) {
			break
		}
		s.step()
	}
	text := bytes.TrimRight(p.text[p.pos:s.pos], " \t")
	if len(s.open) > 0 || bytes.Contains(text, []byte("<<")) || bytes.Contains(text, []byte("/*")) || !plainASCII(text) {
		return nil
	}
	expr, diags := hclsyntax.ParseExpression(text, p.name, start)
	if diags.HasErrors() {
		return nil
	}
	p.line += bytes.Count(text, []byte("\n"))
	if last := bytes.LastIndexByte(text, '\n'); last >= 0 {
		p.lineStart = p.pos + last + 1
	}
	p.pos += len(text)
	return expr
}

func plainASCII(text []byte) bool {
	for _, c := range text {
		if c >= 0x7f || c < ' ' && c != '\n' && c != '\t' {
			return false
		}
	}
	return true
}
