package migrate

import "slices"

// A Document is a configuration being written. The zero value is empty.
type Document struct {
	Body
}

// An Origin says where a part of a document comes from.
type Origin struct {
	At      Position
	Keyword string   // the imported file's word for it, "" if it is the same
	Before  []string // comments on lines of their own before it, without mark
	After   string   // comment behind it on its line, without mark, "" if none
}

// A Body is what stands in a block, or in the file as a whole: attributes,
// blocks and comments, in the order in which they were added.
type Body struct {
	nodes []node
}

// A node is an attribute, a block or a comment.
//
//sumtype:decl
type node interface{ node() }

type attribute struct {
	name     string
	value    Value
	origin   Origin
	disabled bool // a comment
}

// A Block is a block of a document.
type Block struct {
	Body
	Name   string // its type, such as "virtual_server"
	Labels []string
	// NoTCP says of a virtual server, pool or real server that its own port
	// cannot be asked by TCP: it serves UDP, or has no port.
	NoTCP  bool
	origin Origin

	disabled bool // a comment
}

type comment struct{ text string }

func (*attribute) node() {}
func (*Block) node()     {}
func (*comment) node()   {}

// Comment adds comments on lines of their own, given without their mark.
func (b *Body) Comment(lines ...string) {
	for _, text := range lines {
		b.nodes = append(b.nodes, &comment{text})
	}
}

// Set adds an attribute, or replaces the value of the one that is there.
func (b *Body) Set(name string, value Value, from Origin) {
	if a := b.attribute(name); a != nil {
		from.Before = append(slices.Clone(a.origin.Before), from.Before...)
		a.value, a.origin = value, from
		return
	}
	b.nodes = append(b.nodes, &attribute{name: name, value: value, origin: from})
}

// Has tells whether there is an attribute of that name.
func (b *Body) Has(name string) bool { return b.attribute(name) != nil }

// Block adds a block.
func (b *Body) Block(name string, labels []string, from Origin) *Block {
	block := &Block{Name: name, Labels: labels, origin: from}
	b.nodes = append(b.nodes, block)
	return block
}

// Blocks returns the blocks of that type.
func (b *Body) Blocks(name string) []*Block {
	var blocks []*Block
	for _, n := range b.nodes {
		if block, ok := n.(*Block); ok && block.Name == name {
			blocks = append(blocks, block)
		}
	}
	return blocks
}

// One returns the first block of that type; if there is none, it is added.
func (b *Body) One(name string, from Origin) *Block {
	if blocks := b.Blocks(name); len(blocks) > 0 {
		return blocks[0]
	}
	return b.Block(name, nil, from)
}

// attribute returns the attribute of that name, nil if there is none.
func (b *Body) attribute(name string) *attribute {
	for _, n := range b.nodes {
		if a, ok := n.(*attribute); ok && a.name == name {
			return a
		}
	}
	return nil
}
