package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

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
			l.explainWord(spec, diag)
		case strings.HasPrefix(diag.Summary, "Missing ") && strings.HasPrefix(diag.Detail, "All "):
			diag.Detail += " Write it in quotes before the brace."
		case strings.HasPrefix(diag.Summary, "Extraneous label"):
			diag.Detail += " Remove the label."
		}
		l.diags = append(l.diags, diag)
	}
	return complete
}

// explainWord adds to a message about an unknown word what to write instead.
func (l *loader) explainWord(spec *block, diag *hcl.Diagnostic) {
	word := strings.Trim(string(diag.Subject.SliceBytes(l.text(diag.Subject.Filename))), `"`)
	sentence, guess, _ := strings.Cut(diag.Detail, " Did you mean ")
	if guess != "" && spec.lacks[word] == "" && spec.rename(word) == "" && len(l.root.homes(word)) == 0 {
		return // HCL's guess is all there is
	}
	diag.Detail = sentence + " " + spec.wayOut(word, l.root)
}

// wayOut says what to do about a word that is not expected in the block. root
// is the whole language.
func (b *block) wayOut(word string, root *block) string {
	ours, similar, homes := b.rename(word), suggest(word, b.words()), root.homes(word)
	switch {
	case slices.Contains(b.words(), word): // only a dynamic block is refused then
		return "A dynamic block cannot make them. Write it out."
	case b.lacks[word] != "":
		return b.lacks[word]
	case ours != "":
		return fmt.Sprintf("It is called %s here.", ours)
	case len(homes) > 0 && (similar == "" || root.has(word)):
		if len(homes) > 8 { // a word of most probes
			homes = append(homes[:6:6], "and others")
		}
		return fmt.Sprintf("It belongs to %s.", strings.Join(homes, ", "))
	case similar != "":
		return fmt.Sprintf("Did you mean %q?", similar)
	case len(b.words()) == 0:
		return "This block has no words. Remove it."
	default:
		return fmt.Sprintf("Known here: %s.", strings.Join(b.words(), ", "))
	}
}

// homes lists the places inside b that know a word under its own or
// keepalived's name, written as in "argument weight of real_server".
func (b *block) homes(word string) []string {
	var homes []string
	b.walk("the top of a file", func(in *block, name string) {
		if ours := in.rename(word); ours != "" || slices.Contains(in.words(), word) {
			if ours == "" {
				ours = word
			}
			home := fmt.Sprintf("%s (as %s)", name, ours)
			if ours == word {
				home = name
			}
			if !slices.Contains(homes, home) {
				homes = append(homes, home)
			}
		}
	})
	return homes
}

// has tells whether a word is one of the language, somewhere.
func (b *block) has(word string) (found bool) {
	b.walk("", func(in *block, _ string) { found = found || slices.Contains(in.words(), word) })
	return found
}

// walk calls visit for b, called name, and for all blocks inside it.
func (b *block) walk(name string, visit func(in *block, name string)) {
	visit(b, name)
	for _, c := range b.blocks {
		c.walk(c.name, visit)
	}
}

// meant tells whether an unknown word of the block was probably meant to be one
// of names.
func (c *content) meant(names ...string) bool {
	return slices.ContainsFunc(c.diags, func(diag *hcl.Diagnostic) bool {
		return slices.ContainsFunc(names, func(name string) bool {
			return strings.HasSuffix(diag.Detail, fmt.Sprintf("Did you mean %q?", name)) ||
				strings.HasSuffix(diag.Detail, fmt.Sprintf("It is called %s here.", name))
		})
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
