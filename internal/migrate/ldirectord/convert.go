package ldirectord

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/ldirector/ldirector/internal/migrate"
)

// Options say how to import.
type Options struct {
	// Language is what the result may say, see [migrate.Document.Fit]. The
	// zero value is the full language.
	Language migrate.Language
	// Names resolves the names of hosts and services; nil means [LocalFiles].
	Names Resolver
}

// Convert reads the ldirectord.cf at path. The report has everything that is
// wrong with the file, or else everything to know about the document.
//
// The error is that of reading the file, or wraps [migrate.ErrNotImported] if
// the report has errors; the document is nil then, the report never.
func Convert(path string, opts Options) (*migrate.Document, *migrate.Report, error) {
	report := &migrate.Report{}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, report, fmt.Errorf("import %s: %w", path, err)
	}
	if opts.Names == nil {
		opts.Names = LocalFiles()
	}
	c := &converter{parser: parse(path, string(text), opts.Names, report), doc: &migrate.Document{}}
	c.convert()
	if report.HasErrors() {
		return nil, report, report.Err()
	}
	c.doc.Fit(opts.Language, report)
	if report.HasErrors() {
		return nil, report, report.Err()
	}
	return c.doc, report, nil
}

// A converter turns a file into a document.
type converter struct {
	*parser
	doc   *migrate.Document
	taken map[string]bool // names of virtual servers
	seen  map[string]int  // lines of virtuals, by what they are in the kernel
}

func (c *converter) convert() {
	c.taken = make(map[string]bool)
	c.seen = make(map[string]int)
	c.doc.Comment("From " + filepath.Base(c.name) + " of ldirectord.")
	c.top()
	for _, v := range c.file.virtuals {
		if !v.broken {
			c.virtualServer(v)
		}
	}
}

// from returns the origin of what stands for an option.
func (c *converter) from(line int, option string) migrate.Origin {
	return migrate.Origin{At: c.at(line), Keyword: option}
}

func (c *converter) unsupported(line int, option, format string, args ...any) {
	c.report.Add(migrate.Unsupported, c.at(line), option, format, args...)
}

func (c *converter) fallBackTo(line int, option, format string, args ...any) {
	c.report.Add(migrate.Default, c.at(line), option, format, args...)
}

// chosen returns the settings that decide about an option, and its line there:
// those of the virtual if they have it, otherwise those at the top. The line is
// 0 if neither has it.
func (c *converter) chosen(v *virtual, option string) (*settings, int) {
	if v.has(option) {
		return &v.settings, v.lines[option]
	}
	return &c.file.settings, c.file.lines[option]
}

// first returns the first number that is given.
func first(numbers ...int) int {
	for _, n := range numbers {
		if n > 0 {
			return n
		}
	}
	return 0
}

// checkTimeout is how long a connect, ping or external check may take.
func (c *converter) checkTimeout(v *virtual) time.Duration {
	f := c.file
	return seconds(first(v.checkTimeout, v.negotiateTimeout, f.checkTimeout, f.negotiateTimeout, 5))
}

// negotiateTimeout is how long a negotiate check may take.
func (c *converter) negotiateTimeout(v *virtual) time.Duration {
	f := c.file
	return seconds(first(v.negotiateTimeout, v.checkTimeout, f.negotiateTimeout, f.checkTimeout, 30))
}

// interval is the time between two checks.
func (c *converter) interval(v *virtual) time.Duration {
	if c.file.fork && v.checkInterval > 0 {
		return seconds(v.checkInterval)
	}
	return seconds(first(c.file.checkInterval, 10))
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }
