package config

import (
	"testing"

	"github.com/hashicorp/hcl/v2"
)

func TestProbeMovesWithItsBlock(t *testing.T) {
	p := Probe{At: hcl.Range{Filename: "a.hcl", Start: hcl.Pos{Line: 12, Column: 3, Byte: 140}, End: hcl.Pos{Line: 12, Column: 9, Byte: 146}}}
	got := p.movedTo("b.hcl", plainPlace{line: 10, pos: 100}, plainPlace{line: 7, pos: 60}).At
	want := hcl.Range{Filename: "b.hcl", Start: hcl.Pos{Line: 9, Column: 3, Byte: 100}, End: hcl.Pos{Line: 9, Column: 9, Byte: 106}}
	if got != want {
		t.Errorf("moved to %#v, want %#v", got, want)
	}
}
