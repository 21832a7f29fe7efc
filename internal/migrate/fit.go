package migrate

import (
	"slices"
	"strings"
)

// A Language is what a version of the configuration language can say.
type Language struct {
	// Knows tells whether a block or attribute exists, by the names of the
	// blocks around it and its own: "virtual_server", "real_server", "weight".
	// nil knows everything.
	Knows func(path ...string) bool
	// Check loads a configuration and returns what is wrong with it, to find
	// values that this version does not take although it knows the words. nil
	// finds nothing.
	Check func(text []byte) []Problem
}

// A Problem is an error of a configuration.
type Problem struct {
	Line int // from 1; 0 if it has no place
	Text string
}

// Fit turns every part of d that the language cannot say into a comment in its
// place, and reports it as unsupported. Where that takes a real server's last
// probe, a tcp_check comes instead. The result has no problem that the language
// finds, unless the report says so.
func (d *Document) Fit(l Language, report *Report) {
	f := fitter{language: l, report: report}
	if l.Knows != nil {
		f.words(&d.Body, nil, nil)
	}
	if l.Check != nil {
		f.values(d)
	}
}

type fitter struct {
	language Language
	report   *Report
}

// words disables what has a name that the language does not know in b, the body
// of the block around; nil at the top.
func (f *fitter) words(b *Body, around *Block, path []string) {
	for _, n := range b.nodes {
		switch n := n.(type) {
		case *attribute:
			if at := append(slices.Clip(path), n.name); !f.language.Knows(at...) {
				n.disabled = true
				f.missing(n.origin, n.name, at)
				f.essential(n.origin, n.name, around)
			}
		case *Block:
			if at := append(slices.Clip(path), n.Name); !f.language.Knows(at...) {
				n.disabled = true
				f.missing(n.origin, n.Name, at)
				f.essential(n.origin, n.Name, around)
				if n.Gathered {
					f.gathered(&n.Body, at)
				}
				continue
			}
			f.words(&n.Body, n, append(slices.Clip(path), n.Name))
			f.replaceProbes(n)
		case *comment:
		}
	}
}

// essential disables the block around a part that it cannot do without.
func (f *fitter) essential(from Origin, name string, around *Block) {
	if from.Essential != "" && around != nil {
		around.disabled = true
		f.unsupported(from, name, "ATTENTION: %s LEFT OUT. Without %s %s, so the whole block is a comment.", strings.ToUpper(around.title()), name, from.Essential)
	}
}

// gathered reports the parts of a block that is not known.
func (f *fitter) gathered(b *Body, path []string) {
	for _, n := range b.nodes {
		switch n := n.(type) {
		case *attribute:
			f.missing(n.origin, n.name, append(slices.Clip(path), n.name))
		case *Block:
			f.missing(n.origin, n.Name, append(slices.Clip(path), n.Name))
		case *comment:
		}
	}
}

// missing reports a word that the language does not have.
func (f *fitter) missing(from Origin, name string, path []string) {
	f.unsupported(from, name, "this version of ldirector does not have %s; it is a comment in its place, ready for a version that has it.", described(path))
}

// described names a word by its path.
func described(path []string) string {
	word := path[len(path)-1]
	if len(path) == 1 {
		return word
	}
	return word + " in " + path[len(path)-2]
}

func (f *fitter) unsupported(from Origin, name, format string, args ...any) {
	keyword := from.Keyword
	if keyword == "" {
		keyword = name
	}
	f.report.Add(Unsupported, from.At, keyword, format, args...)
}

// values disables what the language's check finds wrong, until it finds
// nothing: the smallest part that a problem can be pinned on each time.
func (f *fitter) values(d *Document) {
	blocks := make(map[any]*Block)
	around(&d.Body, nil, blocks)
	for {
		r := renderer{expanded: true}
		r.body(&d.Body, 0)
		problems := f.language.Check(r.bytes())
		if len(problems) == 0 {
			return
		}
		progress := false
		for _, p := range problems {
			if p.Line < 1 || p.Line > len(r.lines) || r.lines[p.Line-1].part == nil {
				continue
			}
			part := r.lines[p.Line-1].part
			progress = f.refuse(part, blocks[part], p.Text) || progress
		}
		if !progress {
			for _, p := range problems {
				f.report.Add(Error, Position{}, "", "the result is not valid: %s", p.Text)
			}
			return
		}
	}
}

// around returns the block that each part of b stands in; block is the one that
// b is the body of.
func around(b *Body, block *Block, into map[any]*Block) {
	for _, n := range b.nodes {
		switch n := n.(type) {
		case *attribute:
			into[n] = block
			for _, i := range n.value.items {
				into[i] = block
			}
		case *Block:
			into[n] = block
			around(&n.Body, n, into)
		case *comment:
		}
	}
}

// refuse disables a part that the check finds wrong, if it is not yet; block is
// the one around it, which is disabled if it cannot do without.
func (f *fitter) refuse(part any, block *Block, text string) bool {
	var disabled *bool
	var from Origin
	var name string
	switch n := part.(type) {
	case *attribute:
		disabled, from, name = &n.disabled, n.origin, n.name
	case *item:
		disabled, from, name = &n.disabled, n.Origin, n.Text
	case *Block:
		disabled, from, name = &n.disabled, n.origin, n.Name
	}
	if *disabled {
		return false
	}
	*disabled = true
	f.unsupported(from, name, "this version of ldirector cannot take it, so it is a comment in its place: %s", text)
	f.essential(from, name, block)
	return true
}
