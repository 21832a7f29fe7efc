package keepalived

import (
	"os"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// FuzzConvert checks that every input ends soon, without a panic, in a
// document that is HCL or in errors.
func FuzzConvert(f *testing.F) {
	for _, name := range samples(f) {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), "TCP_CHECK { }")
	}
	for _, bomb := range []string{
		"include main.conf",
		"include other.conf\ninclude other.conf",
		"~SEQ(A, 1, 99999999999) x $A",
		"~SEQ(A, 9223372036854775807) ~SEQ(B, -9223372036854775808) ~SEQ(C, 1, 9223372036854775807, 9223372036854775807) x",
		"~LST({A,B},{1,2},{3}) ~LST(C,1,2,3) x ${A} ${B} $C }",
		"$A=$A$A\nx $A",
		"$A=x ${B} \\\n${A}\n$B=${A}\n$A",
		"$A=~SEQ(B, 1, 9) $A\n$A",
		"@one @^two x { } { } }{",
		"x {{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{",
		"include {a,b}{c,{d,e}}{f,g}{h,i}{j,k}{l,m}{n,o}{p,q}{r,s}{t,u}{v,w}",
		"vrrp_instance a { virtual_router_id 1\nvirtual_ipaddress { dev } track_interface { } notify \"\\\"\" }",
		"virtual_server group g { real_server 1 }\nvirtual_server_group g { fwmark 1\n1.2.3.4-1 }",
	} {
		f.Add(bomb, bomb)
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		files := fstest.MapFS{
			"main.conf":  {Data: []byte(first), Mode: 0o644},
			"other.conf": {Data: []byte(second), Mode: 0o644},
		}
		start := time.Now()
		doc, report, err := convert(source{files, "main.conf", "main.conf", 2000}, Options{ConfigID: "one"})
		if elapsed := time.Since(start); elapsed > 5*time.Second {
			t.Errorf("took %s", elapsed)
		}
		if (doc == nil) != (err != nil) || (err != nil) != report.HasErrors() {
			t.Fatalf("document %t, error %v, report %v", doc != nil, err, report.Findings())
		}
		if doc == nil {
			return
		}
		text := doc.Bytes()
		if _, diags := hclsyntax.ParseConfig(text, "out.hcl", hcl.InitialPos); diags.HasErrors() {
			t.Fatalf("%s\n%s", diags, text)
		}
	})
}
