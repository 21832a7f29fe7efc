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

// A Block is a piece of code: fenced, or indented by four blanks.
type Block struct {
	Line     int    // of its first line of code
	Language string // "" if it is not said
	Text     string
	Mark     string // what an HTML comment right before it says: "play: director1"
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
	p := Page{Path: path, anchors: make(map[string]bool)}
	var open *Block // the fenced block that is being read
	margin, mark, blank := "", "", true
	for i, t := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(t)
		switch {
		case open != nil && trimmed == "```":
			p.Blocks, open = append(p.Blocks, *open), nil
		case open != nil:
			open.Text += strings.TrimPrefix(t, margin) + "\n"
		case strings.HasPrefix(trimmed, "```"):
			margin = t[:strings.Index(t, "```")]
			open = &Block{Line: i + 2, Language: strings.TrimPrefix(trimmed, "```"), Mark: mark}
			mark = ""
		case strings.HasPrefix(t, "    ") && (blank || p.inIndented(i)):
			p.indented(i+1, t[4:])
		case strings.HasPrefix(trimmed, "<!--") && strings.HasSuffix(trimmed, "-->"):
			mark = strings.TrimSpace(trimmed[len("<!--") : len(trimmed)-len("-->")])
		default:
			if trimmed != "" {
				mark = ""
			}
			p.prose = append(p.prose, line{i + 1, t})
		}
		blank = trimmed == ""
	}
	if open != nil {
		return p, fmt.Errorf("%s: the block in line %d has no end", path, open.Line-1)
	}
	p.readProse()
	return p, nil
}

// inIndented reports whether the line before number i, counted from 0, is of an
// indented block.
func (p *Page) inIndented(i int) bool {
	if len(p.Blocks) == 0 {
		return false
	}
	last := p.Blocks[len(p.Blocks)-1]
	return last.Language == "indented" && last.Line+strings.Count(last.Text, "\n") == i+1
}

func (p *Page) indented(number int, text string) {
	if !p.inIndented(number - 1) {
		p.Blocks = append(p.Blocks, Block{Line: number, Language: "indented"})
	}
	p.Blocks[len(p.Blocks)-1].Text += text + "\n"
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
