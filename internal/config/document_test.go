package config

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const document = "../../docs/configuration.md"

// TestDocumentHasTheLanguage compares the tables of the document with those of
// the code, in both directions: blocks, arguments, values, defaults and
// keepalived's names. What an argument means is for people to check.
func TestDocumentHasTheLanguage(t *testing.T) {
	want := make(map[string]string)
	describe(language(), want)
	if *update {
		fillDocument(t, want)
	}

	got := make(map[string]string)
	for name, section := range sections(t) {
		rows := tableRows(section)
		place := regexp.MustCompile(`(?m)^Place: .*$`).FindString(section)
		if place == "" {
			continue // not about a block
		}
		for i, row := range rows {
			if meaning := row[len(row)-1]; len(strings.Fields(meaning)) < 2 {
				t.Errorf("%s: %s has no meaning: %q", name, row[0], meaning)
			}
			rows[i] = row[:len(row)-1]
		}
		var b strings.Builder
		fmt.Fprintln(&b, place)
		for _, row := range rows {
			fmt.Fprintln(&b, strings.Join(row, " | "))
		}
		got[name] = b.String()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("document (-code +document):\n%s", diff)
	}
}

// TestDocumentHasTheFunctions compares the list of functions.
func TestDocumentHasTheFunctions(t *testing.T) {
	want := slices.Sorted(maps.Keys(functions()))
	var got []string
	for _, row := range tableRows(sections(t)["Functions"]) {
		for _, m := range regexp.MustCompile("`([a-z]+)\\(").FindAllStringSubmatch(row[0], -1) {
			got = append(got, m[1])
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("functions (-code +document):\n%s", diff)
	}
}

// TestDocumentExamplesLoad loads every example of the documents.
func TestDocumentExamplesLoad(t *testing.T) {
	for _, name := range []string{document, "../../docs/alerts.md"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		examples := regexp.MustCompile("(?s)```hcl\n(.*?)```").FindAllSubmatch(text, -1)
		if len(examples) == 0 {
			t.Fatalf("%s: no examples", name)
		}
		for i, example := range examples {
			cfg, diags := loadText(t, nil, nil, fmt.Sprintf("%s-%d.hcl", filepath.Base(name), i+1), string(example[1]))
			if len(diags) > 0 {
				t.Error(messages(t, cfg, diags))
			}
		}
	}
}

// describe adds what the document has to say about the blocks in root. A block
// that stands in several places is described once, and so is a group of
// arguments that several blocks have.
func describe(root *block, into map[string]string) {
	members := make(map[string][]string)
	places := make(map[string][]string)
	root.walk("", func(in *block, name string) {
		for _, c := range in.blocks {
			if where := "`" + name + "`"; !slices.Contains(places[c.name], where) {
				places[c.name] = append(places[c.name], where)
			}
		}
	})
	root.walk("", func(in *block, name string) {
		if name == "" {
			return
		}
		var text strings.Builder
		fmt.Fprintln(&text, placeOf(in, places[name]))
		own := in.args
		for _, g := range in.groups {
			own = own[:len(own)-len(g.args)]
			if where := "`" + name + "`"; !slices.Contains(members[g.title], where) {
				members[g.title] = append(members[g.title], where)
			}
		}
		writeRows(&text, own)
		if before, ok := into[name]; ok && before != text.String() {
			panic("config: two different blocks " + name)
		}
		into[name] = text.String()
		for _, g := range in.groups {
			var text strings.Builder
			slices.Sort(members[g.title])
			fmt.Fprintf(&text, "Place: in %s.\n", strings.Join(members[g.title], ", "))
			writeRows(&text, g.args)
			into[g.title] = text.String()
		}
	})
}

func writeRows(text *strings.Builder, args []argument) {
	for _, a := range args {
		fmt.Fprintf(text, "`%s` | %s | %s | %s\n", a.name, valueColumn(a), defaultColumn(a), keepsColumn(a.keeps))
	}
}

// fillDocument writes the document's places and columns anew. It keeps the first
// and last cell of each row, and its place.
func fillDocument(t *testing.T, want map[string]string) {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	var rows []string // of the section
	for line := range strings.SplitSeq(string(text), "\n") {
		name, heading := strings.CutPrefix(line, "## ")
		switch {
		case heading:
			rows = strings.Split(want[strings.Trim(name, "`")], "\n")
		case strings.HasPrefix(line, "Place:") && len(rows) > 1:
			line = rows[0]
		case strings.HasPrefix(line, "| `"):
			attribute, rest, _ := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
			meaning := rest[strings.LastIndex(strings.TrimSuffix(rest, " |"), " | ")+1:]
			if i := slices.IndexFunc(rows, func(row string) bool { return strings.HasPrefix(row, attribute+" | ") }); i > 0 {
				line = "| " + rows[i] + " | " + strings.TrimPrefix(meaning, "| ")
			}
		}
		out = append(out, line)
	}
	if err := os.WriteFile(document, []byte(strings.Join(out, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
}

func placeOf(b *block, places []string) string {
	where := "top of a file"
	if places[0] != "``" {
		slices.Sort(places)
		where = "in " + strings.Join(places, ", ")
	}
	often := "any number"
	if b.once {
		often = "at most once"
	}
	text := fmt.Sprintf("Place: %s, %s. keepalived: %s.", where, often, keepsColumn(b.keeps))
	var also []string
	for _, g := range b.groups {
		also = append(also, fmt.Sprintf("[%s](#%s)", g.title, strings.ReplaceAll(g.title, " ", "-")))
	}
	if len(also) > 0 {
		text += " Also: " + strings.Join(also, ", ") + "."
	}
	return text
}

func valueColumn(a argument) string {
	low, high := a.limits()
	text := ""
	switch a.kind {
	case kindText, kindData:
		text = "string"
	case kindRegexp:
		text = "regular expression"
	case kindWord:
		text = "`" + strings.Join(quoteAll(a.words), "` `") + "`"
	case kindNumber:
		text = fmt.Sprintf("number, %s to %s", low, high)
	case kindBool:
		text = "`true` `false`"
	case kindSwitch:
		text = "`true` `false` or string"
	case kindDuration:
		text = fmt.Sprintf("duration, %s to %s", low, high)
	case kindFields:
		text = "string or list"
	case kindList:
		text = "list"
	case kindWords:
		text = "list of `" + strings.Join(quoteAll(a.words), "` `") + "`"
	case kindMap:
		text = "map of numbers"
	case kindTexts:
		text = "map of strings"
	case kindWeight:
		text = "`header(\"NAME\")` `body()` `body(\"PATTERN\")`"
	case kindCommand:
		text = "command"
	case kindAny:
		text = "any"
	}
	if a.form != "" {
		text += ": `" + strings.ReplaceAll(a.form, "|", `\|`) + "`"
	}
	return text
}

func defaultColumn(a argument) string {
	switch {
	case a.required:
		return "required"
	case a.def != "":
		return "`" + a.def + "`"
	case a.inherits != "":
		return a.inherits
	default:
		return "none"
	}
}

func keepsColumn(keeps []string) string {
	if len(keeps) == 0 {
		return "–"
	}
	return "`" + strings.Join(keeps, "`, `") + "`"
}

// sections returns the text under each heading of the second level.
func sections(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	result := make(map[string]string)
	for _, section := range strings.Split(string(text), "\n## ")[1:] {
		heading, body, _ := strings.Cut(section, "\n")
		result[strings.Trim(heading, "`")] = body
	}
	return result
}

// tableRows returns the cells of the tables in a text, without headings.
func tableRows(text string) [][]string {
	var rows [][]string
	for line := range strings.SplitSeq(text, "\n") {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		line = strings.ReplaceAll(strings.Trim(line, "| "), `\|`, "\x00")
		var cells []string
		for cell := range strings.SplitSeq(line, "|") {
			cells = append(cells, strings.ReplaceAll(strings.TrimSpace(cell), "\x00", `\|`))
		}
		rows = append(rows, cells)
	}
	return rows
}
