package config

// A Language tells which words the configuration language has, for programs
// that write configurations.
type Language struct{ root *block }

// NewLanguage returns the language that [Load] reads.
func NewLanguage() *Language { return &Language{root: language()} }

// Knows reports whether the words of path, from the top of a file inwards, are
// blocks inside each other, of which the last may be an argument:
// Knows("virtual_server", "real_server", "weight").
func (l *Language) Knows(path ...string) bool {
	b := l.root
	for i, word := range path {
		inner := b.find(word)
		if inner == nil {
			_, argument := b.byID[word]
			return argument && i == len(path)-1
		}
		b = inner
	}
	return len(path) > 0
}
