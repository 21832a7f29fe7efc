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
	// Essential says what happens if the part is missing in a version that does
	// not know it: the block around it is better left out then. "" if it is not.
	Essential string
}

// A Body is what stands in a block, or in the file as a whole: attributes,
// blocks and comments, in the order in which they were added.
type Body struct {
	nodes      []node
	attributes map[string]*attribute
	first      map[string]*Block // of each type
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
	NoTCP bool
	// Gathered says that the block stands for several keywords of the imported
	// file, which are reported one by one if the block is not known.
	Gathered bool
	origin   Origin

	disabled bool // a comment
}

type comment struct {
	text string
	lead bool // about what comes next
}

func (*attribute) node() {}
func (*Block) node()     {}
func (*comment) node()   {}

// Comment adds comments on lines of their own, given without their mark.
func (b *Body) Comment(lines ...string) {
	for _, text := range lines {
		b.nodes = append(b.nodes, &comment{text: text})
	}
}

// Lead adds comments that are about what is added next.
func (b *Body) Lead(lines ...string) {
	for _, text := range lines {
		b.nodes = append(b.nodes, &comment{text: text, lead: true})
	}
}

// Set adds an attribute, or replaces the value of the one that is there.
func (b *Body) Set(name string, value Value, from Origin) {
	if a := b.attributes[name]; a != nil {
		from.Before = append(slices.Clone(a.origin.Before), from.Before...)
		a.value, a.origin = value, from
		return
	}
	a := &attribute{name: name, value: value, origin: from}
	b.nodes = append(b.nodes, a)
	if b.attributes == nil {
		b.attributes = make(map[string]*attribute)
	}
	b.attributes[name] = a
}

// Has tells whether there is an attribute of that name.
func (b *Body) Has(name string) bool { return b.attributes[name] != nil }

// Value returns the value of an attribute; ok is false if there is none.
func (b *Body) Value(name string) (v Value, ok bool) {
	if a := b.attributes[name]; a != nil {
		return a.value, true
	}
	return Value{}, false
}

// Block adds a block.
func (b *Body) Block(name string, labels []string, from Origin) *Block {
	block := &Block{Name: name, Labels: labels, origin: from}
	b.nodes = append(b.nodes, block)
	if b.first == nil {
		b.first = make(map[string]*Block)
	}
	if b.first[name] == nil {
		b.first[name] = block
	}
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
	if block := b.first[name]; block != nil {
		return block
	}
	return b.Block(name, nil, from)
}
