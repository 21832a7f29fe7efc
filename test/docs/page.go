package docs

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A Page is one Markdown file.
type Page struct {
	Path   string // from the repository's root
	Blocks []Block
	Links  []Link

	anchors map[string]bool
	prose   []line
}

// A Block is a piece of code: fenced, indented by four blanks, or hidden in an
// HTML comment that begins with "setup:" or "stage:".
type Block struct {
	Line     int    // of its first line of code
	Language string // "" if it is not said, "indented", "hidden"
	Text     string
	Mark     string // what an HTML comment right before it says: "play: director1"; for a hidden one its own first line
}

// A Link is what is in the brackets of [text](…).
type Link struct {
	Line   int
	Target string
}

// A line is a line of the page that is no code.
type line struct {
	number int
	text   string
}

// Read returns all pages below root, which is the repository's.
func Read(root string) ([]Page, error) {
	var pages []Page
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && path != root && (strings.HasPrefix(name, ".") || slices.Contains([]string{"testdata", "bin", "dist"}, name)):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".md"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		page, err := Parse(rel, string(text))
		pages = append(pages, page)
		return err
	})
	return pages, err
}

// Parse reads one page.
func Parse(path, text string) (Page, error) {
	r := reader{page: Page{Path: path, anchors: make(map[string]bool)}, blank: true}
	for i, t := range strings.Split(text, "\n") {
		r.line(i+1, t)
		r.blank = strings.TrimSpace(t) == ""
	}
	if r.open != nil {
		return r.page, fmt.Errorf("%s: the block in line %d has no end", path, r.open.Line-1)
	}
	r.page.readProse()
	return r.page, nil
}

// A reader reads a page line by line.
type reader struct {
	page   Page
	open   *Block // the block that is being read
	end    string // the line that ends it
	margin string // what is before each of its lines
	mark   string // for the next block
	blank  bool   // the last line was
}

func (r *reader) line(number int, t string) {
	trimmed := strings.TrimSpace(t)
	comment, isComment := strings.CutPrefix(trimmed, "<!--")
	switch {
	case r.open != nil && trimmed == r.end:
		r.page.Blocks, r.open = append(r.page.Blocks, *r.open), nil
	case r.open != nil:
		r.open.Text += strings.TrimPrefix(t, r.margin) + "\n"
	case strings.HasPrefix(trimmed, "```"):
		r.margin, r.end = t[:strings.Index(t, "```")], "```"
		r.open = &Block{Line: number + 1, Language: strings.TrimPrefix(trimmed, "```"), Mark: r.mark}
		r.mark = ""
	case strings.HasPrefix(t, "    ") && (r.blank || r.inIndented(number)):
		r.indented(number, t[4:])
	case isComment:
		r.comment(number, strings.TrimSpace(comment))
	default:
		if trimmed != "" {
			r.mark = ""
		}
		r.page.prose = append(r.page.prose, line{number, t})
	}
}

// comment reads the first line of a comment.
func (r *reader) comment(number int, text string) {
	mark, closed := strings.CutSuffix(text, "-->")
	mark = strings.TrimSpace(mark)
	hidden := strings.HasPrefix(mark, "setup:") || strings.HasPrefix(mark, "stage:")
	block := Block{Line: number + 1, Language: "hidden", Mark: mark}
	switch {
	case !closed:
		r.open, r.end, r.margin = &block, "-->", ""
	case hidden:
		r.page.Blocks = append(r.page.Blocks, block)
	default:
		r.mark = mark
	}
}

// inIndented reports whether the line before that with the number is of an
// indented block.
func (r *reader) inIndented(number int) bool {
	if len(r.page.Blocks) == 0 {
		return false
	}
	last := r.page.Blocks[len(r.page.Blocks)-1]
	return last.Language == "indented" && last.Line+strings.Count(last.Text, "\n") == number
}

func (r *reader) indented(number int, text string) {
	if !r.inIndented(number) {
		r.page.Blocks = append(r.page.Blocks, Block{Line: number, Language: "indented"})
	}
	r.page.Blocks[len(r.page.Blocks)-1].Text += text + "\n"
}

// readProse finds headings and links.
func (p *Page) readProse() {
	link := regexp.MustCompile(`\]\(([^()\s]+)\)`)
	code := regexp.MustCompile("`[^`]*`")
	for _, l := range p.prose {
		if heading := strings.TrimLeft(l.text, "#"); heading != l.text && strings.HasPrefix(heading, " ") {
			p.anchors[Anchor(heading)] = true
		}
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(l.text, ""), -1) {
			p.Links = append(p.Links, Link{l.number, m[1]})
		}
	}
}

// Anchor is the fragment by which GitHub links to a heading.
func Anchor(heading string) string {
	text := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(heading)), " ", "-")
	return regexp.MustCompile(`[^\p{L}\p{N}_-]`).ReplaceAllString(text, "")
}

// HasAnchor reports whether the page has a heading with this fragment.
func (p Page) HasAnchor(fragment string) bool { return p.anchors[strings.ToLower(fragment)] }

// Inline returns what is between backticks in the prose, by line.
func (p Page) Inline() map[int][]string {
	found := make(map[int][]string)
	for _, l := range p.prose {
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(l.text, -1) {
			found[l.number] = append(found[l.number], m[1])
		}
	}
	return found
}
