package keepalived

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A section is one table of the page on migration.
type section struct {
	title string
	rows  []keyword
}

func sections() []section {
	return []section{
		{"Top of the file", topTable().rows},
		{"`global_defs`", globalTable().rows},
		{"`virtual_server`", serviceTable().rows},
		{"`real_server`", realServerTable().rows},
		{"Every checker but `BFD_CHECK` and `FILE_CHECK`; the first six not in `MISC_CHECK`", connectRows()},
		{"`HTTP_GET`, `SSL_GET`", httpRows()},
		{"`url`", urlTable().rows},
		{"`SMTP_CHECK`", smtpRows()},
		{"`DNS_CHECK`", checkerTable("", []keyword{same("type", text), same("name", text)}).rows},
		{"`MISC_CHECK`", miscRows()},
		{"`UDP_CHECK`", udpRows()},
		{"`FILE_CHECK`", fileRows()},
		{"`BFD_CHECK`", []keyword{same("name", text), same("alpha", boolean)}},
		{"`SSL`", topTable().find("SSL").inner.rows},
		{"`vrrp_instance`", instanceTable().rows},
		{"`authentication`", instanceTable().find("authentication").inner.rows},
		{"`auth_hmac`", hmacTable().rows},
		{"`vrrp_sync_group`", syncGroupTable().rows},
		{"`vrrp_script`", scriptTable().rows},
		{"`vrrp_track_process`", processTable().rows},
		{"`track_file`", fileTable("track_file").rows},
		{"`track_group`", topTable().find("track_group").inner.rows},
		{"`garp_group`", topTable().find("garp_group").inner.rows},
		{"`bfd_instance`", bfdTable().rows},
	}
}

// write adds a section: keywords of the same fate are in one row.
func (s section) write(b *strings.Builder) {
	fmt.Fprintf(b, "### %s\n\n| keepalived | ldirector | remark |\n|---|---|---|\n", s.title)
	for i := 0; i < len(s.rows); {
		k := s.rows[i]
		names := []string{"`" + k.name + "`"}
		for i++; i < len(s.rows) && k.to == "" && s.rows[i].to == "" && s.rows[i].remark == k.remark; i++ {
			names = append(names, "`"+s.rows[i].name+"`")
		}
		to := "–"
		if k.to != "" {
			to = "`" + k.to + "`"
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", strings.Join(names, " "), to, strings.ReplaceAll(k.remark, "|", `\|`))
	}
	b.WriteString("\n")
}

// TestDocument keeps the tables of the page on migration equal to those of the
// code.
func TestDocument(t *testing.T) {
	const name, start, end = "../../../docs/migration-keepalived.md", "<!-- keywords: begin -->\n\n", "<!-- keywords: end -->\n"
	page, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(page), start)
	_, after, foundEnd := strings.Cut(rest, end)
	if !found || !foundEnd {
		t.Fatalf("%s has no place for the tables", name)
	}
	var b strings.Builder
	for _, s := range sections() {
		s.write(&b)
	}
	want := before + start + b.String() + end + after
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(page)); diff != "" {
		t.Errorf("%s: run the test with -update (-want +got):\n%s", name, diff)
	}
}

// TestDocumentHasEveryKeyword checks that no table is left out.
func TestDocumentHasEveryKeyword(t *testing.T) {
	known := make(map[string]bool)
	for _, s := range sections() {
		for _, k := range s.rows {
			known[k.name] = true
		}
	}
	for _, p := range places() {
		if i := slices.IndexFunc(p.table.rows, func(k keyword) bool { return !known[k.name] }); i >= 0 {
			t.Errorf("%s in %q is not in the document", p.table.rows[i].name, p.table.name)
		}
	}
}
