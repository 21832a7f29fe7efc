package keepalived

import "github.com/ldirector/ldirector/internal/migrate"

// A shape is how a keyword is written.
type shape uint8

const (
	valueShape shape = iota // KEYWORD [VALUE…]
	blockShape              // KEYWORD [LABEL…] { keywords }
	listShape               // KEYWORD [LABEL…] { items }
)

// A keyword is one row of the mapping: what a word of keepalived.conf becomes.
type keyword struct {
	name  string
	shape shape
	// to is our word for it, for people: "email { to }". "" if there is none.
	to string
	// remark says what is different, or why there is no word.
	remark string
	// apply writes the statement s into the block out.
	apply func(c *converter, out *migrate.Body, s *statement)
	// inner is the table of what the block holds.
	inner *table
}

// A table holds the keywords of one kind of block.
type table struct {
	name string // of the block in keepalived.conf, "" for the top of the file
	to   string // our block
	rows []keyword
}

// find returns the row of a word, nil if there is none.
func (t *table) find(word string) *keyword {
	for i := range t.rows {
		if t.rows[i].name == word {
			return &t.rows[i]
		}
	}
	return nil
}

// row makes a keyword with a value.
func row(name, to string, apply func(*converter, *migrate.Body, *statement)) keyword {
	return keyword{name: name, to: to, apply: apply}
}

// same makes a keyword that has the same name here.
func same(name string, apply func(string) func(*converter, *migrate.Body, *statement)) keyword {
	return row(name, name, apply(name))
}

// with adds a remark.
func (k keyword) with(remark string) keyword {
	k.remark = remark
	return k
}

// none makes a keyword that has no equivalent: it stays as a comment, and the
// remark is reported.
func none(name string, severity migrate.Severity, remark string) keyword {
	return keyword{name: name, remark: remark, apply: func(c *converter, out *migrate.Body, s *statement) {
		c.drop(out, s, severity, "%s", remark)
	}}
}

// nones makes several of them.
func nones(severity migrate.Severity, remark string, names ...string) []keyword {
	var rows []keyword
	for _, name := range names {
		rows = append(rows, none(name, severity, remark))
	}
	return rows
}

// block makes a keyword that is a block with keywords inside.
func block(name, to string, inner *table, apply func(*converter, *migrate.Body, *statement)) keyword {
	return keyword{name: name, shape: blockShape, to: to, inner: inner, apply: apply}
}

// list makes a keyword that is a block with items inside.
func list(name, to string, apply func(*converter, *migrate.Body, *statement)) keyword {
	return keyword{name: name, shape: listShape, to: to, apply: apply}
}
