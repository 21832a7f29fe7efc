package keepalived

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/internal/config"
	"github.com/ldirector/ldirector/internal/migrate"
)

// TestErrors wants every error of a file at once, and no document.
func TestErrors(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"unknown blocks", "nonsense {\n a { b }\n}\nvrrp_instance A {\n interface eth0\n virtual_router_id 1\n gibberish { x }\n}", []string{
			`x.conf:1: error: nonsense: there is no such block here. (keepalived would read what is in it as if it stood outside.) Remove or correct it.`,
			`x.conf:7: error: gibberish: there is no such block in vrrp_instance. (keepalived would read what is in it as if it stood outside.) Remove or correct it.`,
		}},
		{"braces", "{ x }\nglobal_defs {\n router_id { a }\n notification_email { { b } }\n}", []string{
			`x.conf:1: error: {: there is no keyword before this brace that a block could belong to.`,
			`x.conf:3: error: router_id: router_id is no block, but a brace follows. Remove it, together with its partner.`,
			`x.conf:3: error: router_id: router_id needs a value.`,
			`x.conf:4: error: {: a list has no blocks in it. Is a closing brace missing before?`,
		}},
		{"values", "global_defs {\n router_id\n}\nvrrp_instance A {\n notify \"\n}\nvirtual_server 1.2.3 80 {\n real_server x 80 { }\n}\nvirtual_server group G {\n real_server 10.0.0.1 { }\n}", []string{
			`x.conf:2: error: router_id: router_id needs a value.`,
			`x.conf:4: error: vrrp_instance: A has no virtual_router_id. Write one from 1 to 255.`,
			`x.conf:5: error: notify: notify needs a value.`,
			`x.conf:7: error: virtual_server: "1.2.3" is not an IP address.`,
			`x.conf:10: error: virtual_server: there is no virtual_server_group "G".`,
		}},
		{"groups", "virtual_server_group G {\n 192.0.2.1/24 80\n 192.0.2.9-1 80\n web 80\n 192.0.2.1 http\n}\nvirtual_server group G {\n real_server 10.0.0.1 { }\n}", []string{
			`x.conf:2: error: virtual_server_group: 192.0.2.1/24 has bits set behind its length; the network is 192.0.2.0/24.`,
			`x.conf:3: error: virtual_server_group: "192.0.2.9-1" is no address, range or network.`,
			`x.conf:4: error: virtual_server_group: "web" is no address, range or network.`,
			`x.conf:5: error: 192.0.2.1: "http" is not a port.`,
		}},
		{"loops", "~SEQ(A, 1, -1, 5) x\n~SEQ(A) x\n~SEQ(A, b) x\n~SEQ A\n~LST(A) x\n~LST(A, {1, 2}) x\n~SEQx(A, -1, 1) x", []string{
			`x.conf:1: error: ~SEQ: from 1 to 5 in steps of -1 is no sequence.`,
			`x.conf:2: error: ~SEQ: write ~SEQ(NAME, START, STEP, END), ~SEQ(NAME, START, END) or ~SEQ(NAME, END).`,
			`x.conf:3: error: ~SEQ: "b" is not a number.`,
			`x.conf:4: error: ~SEQ: "~SEQ A": write ~SEQ(NAME, values) and the text to repeat.`,
			`x.conf:5: error: ~LST: write ~LST(NAME, value, value …) or ~LST({NAME, NAME}, {value, value} …).`,
			`x.conf:6: error: ~LST: "{1, 2}" has more values than there are names.`,
			`x.conf:7: error: ~SEQ: from -1 to 1 in steps of 1 is no sequence.`,
		}},
		{"endless include", "include x.conf", []string{`x.conf:1: error: include: x.conf includes itself. Remove one of the includes.`}},
		{"endless definition", "$A=x ${B}\n$B=y ${A}\nz $A", []string{`x.conf:3: error: the line becomes longer than 1023 bytes when definitions are put in. Does one contain itself?`}},
		{"endless lines", "$A=a \\\n b \\\n $A\n$A", []string{`x.conf:4: error: definitions are nested more than 50 deep. This looks like an endless loop: remove it.`}},
		{"bomb", "~SEQ(A, 1, 99999999999) x $A", []string{`x.conf:1: error: the configuration has more than 20000 lines after ~SEQ, ~LST, definitions and includes are expanded. Write fewer.`}},
		{"strict includes", "includem nothing.conf\nincludew nothing*.conf\ninclude_check brace_match\ninclude {x.conf,nothing.conf}", []string{
			`x.conf:1: error: includem: no file matches nothing.conf; keepalived refuses this.`,
			`x.conf:2: error: includew: no file matches nothing*.conf; keepalived refuses this.`,
			`x.conf:4: error: include: x.conf includes itself. Remove one of the includes.`,
			`x.conf:4: error: include: no file matches nothing.conf; keepalived refuses this.`,
		}},
		{"environment", "global_defs { router_id ${_ENV HOME} }", []string{
			`x.conf:1: error: ${_ENV}: the value of the environment variable HOME is not known here. Write its value, or a definition $NAME=….`,
			`x.conf:1: error: router_id: router_id needs a value.`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := fstest.MapFS{"x.conf": {Data: []byte(tt.text), Mode: 0o644}}
			doc, report, err := convert(source{files, "x.conf", "x.conf", 20_000}, Options{ConfigID: "one"})
			if doc != nil || !errors.Is(err, migrate.ErrNotImported) {
				t.Errorf("document %t, error %v", doc != nil, err)
			}
			var got []string
			for _, f := range report.Findings() {
				if f.Severity == migrate.Error {
					got = append(got, f.String())
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestRepairs checks what is repaired with a word about it.
func TestRepairs(t *testing.T) {
	tests := []struct{ name, text, want, finding string }{
		{"missing opening brace", "global_defs\n router_id a\n}", `global { router_id = "a" }`, "x.conf:1: assumption: global_defs: the opening brace of the block is missing"},
		{"missing closing brace", "global_defs {\n router_id a\n", `global { router_id = "a" }`, "x.conf:1: assumption: global_defs: the closing brace of the block is missing at the end of the file"},
		{"extra brace", "}\nglobal_defs {\n router_id a\n}", `global { router_id = "a" }`, "x.conf:1: assumption: }: there is no block that this brace could close"},
		{"brace on its own line", "global_defs\n\n{\n router_id a }", `global { router_id = "a" }`, ""},
		{"NUL", "global_defs {\n router_id a\n router_id \x00b\n}", `global { router_id = "a" }`, "x.conf:3: assumption: the line holds a NUL byte"},
		{"long line", "global_defs {\n router_id a\n router_id " + strings.Repeat("b", 1100) + "\n}", `global { router_id = "a" }`, "x.conf:3: assumption: the line is longer than 1023 bytes"},
		{"open quote", "global_defs {\n router_id a \"b c\n}", `global { router_id = "a" }`, "x.conf:2: assumption: a double quote is not closed"},
		{"quoted comment mark", "global_defs {\n router_id \"a#b!c\" # d\n}", "global {\n  router_id = \"a#b!c\" # d\n}", ""},
		{"CRLF and tabs", "global_defs\t{\r\n\trouter_id\ta\r\n}\r\n", `global { router_id = "a" }`, ""},
		{"two blocks", "global_defs { router_id a }\nglobal_defs { router_id b }", `global { router_id = "b" }`, ""},
		{"overridden constant", "$_HASH=x\nglobal_defs { router_id ${_HASH}${_BANG_} }", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := fstest.MapFS{"x.conf": {Data: []byte(tt.text), Mode: 0o644}}
			doc, report, err := convert(source{files, "x.conf", "x.conf", 20_000}, Options{ConfigID: "one"})
			if tt.want == "" { // ${_BANG_} is no definition, so its braces make a block
				if !report.HasErrors() {
					t.Error("no error")
				}
				return
			}
			if err != nil {
				t.Fatalf("%v\n%s", err, reportText(t, report))
			}
			if diff := cmp.Diff(tt.want+"\n", string(doc.Bytes())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got := reportText(t, report); !strings.Contains(got, tt.finding) {
				t.Errorf("want %q in:\n%s", tt.finding, got)
			}
		})
	}
}

// TestMulticast checks that an instance stays if what it needs to hear the
// others is what every version does.
func TestMulticast(t *testing.T) {
	language := migrate.Language{Knows: config.NewLanguage().Knows, Check: check(t)}
	for text, want := range map[string]bool{
		"mcast_dst_ip 224.0.0.18":      true,
		"unicast_peer { }":             true,
		"mcast_dst_ip 224.0.0.19":      language.Knows("vrrp_instance", "mcast_dst_ip"),
		"unicast_peer {\n192.0.2.2\n}": language.Knows("vrrp_instance", "unicast_peer"),
	} {
		conf := "global_defs { vrrp_mcast_group4 224.0.0.18 }\nvrrp_instance A {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress { 192.0.2.1/24 }\n" + text + "\n}"
		files := fstest.MapFS{"x.conf": {Data: []byte(conf), Mode: 0o644}}
		doc, report, err := convert(source{files, "x.conf", "x.conf", 20_000}, Options{ConfigID: "one", Language: language})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(doc.Bytes()), "\nvrrp_instance"); got != want {
			t.Errorf("%s: instance %t, want %t\n%s%s", text, got, want, doc.Bytes(), reportText(t, report))
		}
	}
}

func TestMissingFile(t *testing.T) {
	_, report, err := Convert("testdata/no-such-file.conf", Options{})
	if !errors.Is(err, fs.ErrNotExist) || report == nil {
		t.Errorf("%v, %v", report, err)
	}
	if _, _, err := Convert("testdata", Options{}); err == nil {
		t.Error("a directory was imported")
	}
}
