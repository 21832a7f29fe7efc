package docs

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	const text = `# Two words, and more

A [link](other.md#part), code ` + "`[no](link)`" + `.

    indented one

    two

<!-- play: d1 -->
` + "```sh" + `
ldirector status
` + "```" + `

1. In a list:

   ` + "```" + `
   text
     more
   ` + "```" + `

<!-- stage: pair -->
<!-- setup: d1
ip link
-->
`
	page, err := Parse("a.md", text)
	if err != nil {
		t.Fatal(err)
	}
	want := []Block{
		{Line: 5, Language: "indented", Text: "indented one\n"},
		{Line: 7, Language: "indented", Text: "two\n"},
		{Line: 11, Language: "sh", Text: "ldirector status\n", Mark: "play: d1"},
		{Line: 17, Text: "text\n  more\n"},
		{Line: 22, Language: "hidden", Mark: "stage: pair"},
		{Line: 23, Language: "hidden", Text: "ip link\n", Mark: "setup: d1"},
	}
	if diff := cmp.Diff(want, page.Blocks); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Link{{3, "other.md#part"}}, page.Links); diff != "" {
		t.Error(diff)
	}
	if !page.HasAnchor("two-words-and-more") {
		t.Errorf("anchors %v", page.anchors)
	}
	if _, err := Parse("b.md", "```\nno end\n"); err == nil {
		t.Error("a block without an end is not told of")
	}
}
