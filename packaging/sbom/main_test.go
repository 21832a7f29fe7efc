package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// The test is a program with modules, too.
func TestDocument(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var first, second strings.Builder
	for _, b := range []*strings.Builder{&first, &second} {
		if err := run([]string{self, "1.2.3"}, "1700000000", b); err != nil {
			t.Fatal(err)
		}
	}
	if first.String() != second.String() {
		t.Error("the same program gives two documents")
	}
	var d document
	if err := json.Unmarshal([]byte(first.String()), &d); err != nil {
		t.Fatal(err)
	}
	if d.Metadata.Timestamp != "2023-11-14T22:13:20Z" || d.Metadata.Component.Version != "1.2.3" {
		t.Errorf("metadata %+v", d.Metadata)
	}
	found := false
	for _, c := range d.Components {
		if c.PURL != c.Ref || !strings.HasPrefix(c.PURL, "pkg:golang/") || c.Version == "" {
			t.Errorf("component %+v", c)
		}
		found = found || c.Name == "std"
	}
	if !found || len(d.Depends) != 1 || len(d.Depends[0].On) != len(d.Components) {
		t.Errorf("components %+v, dependencies %+v", d.Components, d.Depends)
	}
}

func TestWrongUse(t *testing.T) {
	for _, args := range [][]string{{}, {"main.go", "1"}, {"nosuch", "1"}} {
		if err := run(args, "", new(strings.Builder)); err == nil {
			t.Errorf("%q gave no error", args)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := run([]string{self, "1"}, "yesterday", new(strings.Builder)); err == nil {
		t.Error("a time that is none gave no error")
	}
}
