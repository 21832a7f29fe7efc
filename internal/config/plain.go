package config

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// parsePlain parses what nearly all large files consist of: blocks, arguments
// and values that are written out. It returns the tree that HCL's own parser
// gives for the same text, in about a tenth of the time, and nil for a text
// that is anything else: HCL's parser then says what it is or what is wrong.
// Expressions beyond plain values are left to HCL one by one.
//
// Blocks of the type later at the top are not parsed: the tree lacks them, and
// their places are returned for parsePlainBlock. Nobody has looked into them,
// so that they may be wrong.
//
// Columns are bytes here, so that a text with other characters than ASCII
// outside of comments is none of ours. checkNesting has passed.
func parsePlain(name string, text []byte, later string) (*hclsyntax.Body, []plainBlock) {
	p := &plainParser{name: name, text: text, plainPlace: plainPlace{line: 1}, later: later, numbers: make(map[string]cty.Value)}
	body := &hclsyntax.Body{Attributes: hclsyntax.Attributes{}, Blocks: hclsyntax.Blocks{}}
	if !p.body(body) || p.pos < len(text) {
		return nil, nil
	}
	body.SrcRange = hcl.Range{Filename: name, Start: hcl.InitialPos, End: p.here()}
	body.EndRange = hcl.Range{Filename: name, Start: p.here(), End: p.here()}
	return body, p.skipped
}

// parsePlainBlock parses the block at a place, nil if it is not plain. numbers
// are those read before.
func parsePlainBlock(name string, text []byte, at plainPlace, numbers map[string]cty.Value) *hclsyntax.Block {
	p := &plainParser{name: name, text: text, plainPlace: at, numbers: numbers}
	var body hclsyntax.Body
	if !p.item(&body) || len(body.Blocks) != 1 {
		return nil
	}
	return body.Blocks[0]
}

// A plainParser is at one place of a text. Its methods that report whether they
// were successful leave it anywhere if not.
type plainParser struct {
	name string
	text []byte
	plainPlace
	later   string // type of blocks to skip, "" for none
	skipped []plainBlock
	numbers map[string]cty.Value // read before
}

// A plainPlace is a place of a text.
type plainPlace struct {
	pos       int
	line      int
	lineStart int
}

// A plainBlock is a block that was skipped.
type plainBlock struct {
	plainPlace
	end int // of its text, behind the closing brace
}

func (p *plainParser) here() hcl.Pos {
	return hcl.Pos{Line: p.line, Column: p.pos - p.lineStart + 1, Byte: p.pos}
}

// since returns the range from a place to here.
func (p *plainParser) since(from hcl.Pos) hcl.Range {
	return hcl.Range{Filename: p.name, Start: from, End: p.here()}
}

// peek returns the next byte, 0 at the end.
func (p *plainParser) peek() byte {
	if p.pos >= len(p.text) {
		return 0
	}
	return p.text[p.pos]
}

// take skips one byte, if it is c.
func (p *plainParser) take(c byte) bool {
	if p.peek() != c || c == 0 {
		return false
	}
	p.pos++
	return true
}

// blanks skips blanks.
func (p *plainParser) blanks() {
	for p.pos < len(p.text) && (p.text[p.pos] == ' ' || p.text[p.pos] == '\t') {
		p.pos++
	}
}

// comment skips a comment that goes to the end of the line.
func (p *plainParser) comment() {
	if p.peek() == '#' || bytes.HasPrefix(p.text[p.pos:], []byte("//")) {
		if n := bytes.IndexByte(p.text[p.pos:], '\n'); n >= 0 {
			p.pos += n
		} else {
			p.pos = len(p.text)
		}
	}
}

// endOfLine skips what may follow behind something that ends its line.
func (p *plainParser) endOfLine() bool {
	p.blanks()
	p.comment()
	if p.pos == len(p.text) {
		return true
	}
	if !p.take('\n') {
		return false
	}
	p.line++
	p.lineStart = p.pos
	return true
}

// body reads arguments and blocks up to a closing brace or the end.
func (p *plainParser) body(into *hclsyntax.Body) bool {
	for {
		p.blanks()
		switch c := p.peek(); {
		case c == '}' || p.pos == len(p.text):
			return true
		case isLetter(c):
			if !p.item(into) {
				return false
			}
		default:
			if !p.endOfLine() {
				return false
			}
		}
	}
}

// item reads one argument or block, with its line's end.
func (p *plainParser) item(into *hclsyntax.Body) bool {
	start := p.plainPlace
	name := p.ident()
	if p.later != "" && p.word(name) == p.later {
		if !p.skip() {
			return false
		}
		p.skipped = append(p.skipped, plainBlock{start, p.pos})
		return p.endOfLine()
	}
	p.blanks()
	if p.peek() == '=' {
		return p.attribute(name, into) && p.endOfLine()
	}
	b := &hclsyntax.Block{Type: p.word(name), TypeRange: name}
	for p.peek() != '{' {
		if !p.blockLabel(b) {
			return false
		}
		p.blanks()
	}
	later := p.later
	p.later = "" // nothing inside is skipped
	if !p.block(b) {
		return false
	}
	p.later = later
	into.Blocks = append(into.Blocks, b)
	return p.endOfLine()
}

// skip skips the rest of a block.
func (p *plainParser) skip() bool {
	s := nestingScanner{text: p.text, pos: p.pos, line: p.line, lineStart: p.lineStart}
	for inside := false; !inside || len(s.open) > 0; s.step() {
		if s.pos >= len(p.text) {
			return false
		}
		if c := p.text[s.pos]; len(s.open) == 0 {
			if c == '\n' || c == '=' {
				return false
			}
			inside = c == '{'
		}
	}
	p.plainPlace = plainPlace{s.pos, s.line, s.lineStart}
	return true
}

// ident skips a name and returns its range.
func (p *plainParser) ident() hcl.Range {
	from := p.here()
	for p.pos < len(p.text) && (isLetter(p.text[p.pos]) || isDigit(p.text[p.pos]) || p.text[p.pos] == '-') {
		p.pos++
	}
	return p.since(from)
}

// word returns the text of a range.
func (p *plainParser) word(r hcl.Range) string { return string(p.text[r.Start.Byte:r.End.Byte]) }

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }

// blockLabel reads a label, with quotes or without.
func (p *plainParser) blockLabel(b *hclsyntax.Block) bool {
	var label string
	var at hcl.Range
	switch c := p.peek(); {
	case isLetter(c):
		at = p.ident()
		label = p.word(at)
	case c == '"':
		var ok bool
		if at, ok = p.quoted(); !ok {
			return false
		}
		label = string(p.text[at.Start.Byte+1 : at.End.Byte-1])
	default:
		return false
	}
	b.Labels, b.LabelRanges = append(b.Labels, label), append(b.LabelRanges, at)
	return true
}

// quoted skips a string without escapes and templates.
func (p *plainParser) quoted() (hcl.Range, bool) {
	from := p.here()
	for p.pos++; p.pos < len(p.text); p.pos++ {
		switch c := p.text[p.pos]; {
		case c == '"':
			p.pos++
			return p.since(from), true
		case c < ' ' || c >= 0x7f || c == '\\' || c == '$' || c == '%':
			return hcl.Range{}, false
		}
	}
	return hcl.Range{}, false
}

// block reads the braces of a block and what is between them.
func (p *plainParser) block(b *hclsyntax.Block) bool {
	from := p.here()
	p.pos++
	b.OpenBraceRange = p.since(from)
	p.blanks()
	body := &hclsyntax.Body{Attributes: hclsyntax.Attributes{}}
	b.Body = body
	if isLetter(p.peek()) { // one argument, all on one line
		name := p.ident()
		p.blanks()
		if !p.attribute(name, body) {
			return false
		}
		p.blanks()
		body.SrcRange = body.Attributes[p.word(name)].SrcRange
		body.EndRange = hcl.Range{Filename: p.name, Start: body.SrcRange.End, End: body.SrcRange.End}
	} else {
		body.Blocks = hclsyntax.Blocks{}
		if p.peek() != '}' && !p.endOfLine() || !p.body(body) {
			return false
		}
	}
	brace := p.here()
	if !p.take('}') {
		return false
	}
	b.CloseBraceRange = p.since(brace)
	if body.Blocks != nil {
		body.SrcRange = hcl.RangeBetween(b.OpenBraceRange, b.CloseBraceRange)
		body.EndRange = hcl.Range{Filename: p.name, Start: p.here(), End: p.here()}
	}
	return true
}

// attribute reads the equals sign and the value of an argument.
func (p *plainParser) attribute(name hcl.Range, into *hclsyntax.Body) bool {
	from := p.here()
	if !p.take('=') || p.peek() == '=' || p.peek() == '>' {
		return false
	}
	attr := &hclsyntax.Attribute{Name: p.word(name), NameRange: name, EqualsRange: p.since(from)}
	p.blanks()
	if attr.Expr = p.expression(); attr.Expr == nil || into.Attributes[attr.Name] != nil {
		return false
	}
	attr.SrcRange = hcl.Range{Filename: p.name, Start: name.Start, End: p.here()}
	into.Attributes[attr.Name] = attr
	return true
}
