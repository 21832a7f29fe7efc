package migrate

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

func at(line int) Origin { return Origin{At: Position{"old.conf", line}} }

func commented(line int, after string, before ...string) Origin {
	return Origin{At: Position{"old.conf", line}, Before: before, After: after}
}

// example has one of everything.
func example() *Document {
	d := &Document{}
	d.Comment(" made by hand")
	d.Set("a", Number(1), at(1))
	vs := d.Block("virtual_server", []string{"web"}, commented(2, "the shop", "first", "second"))
	vs.Set("address", String("192.0.2.1:80"), at(3))
	vs.Set("delay_loop", Duration(90*time.Second), commented(4, "", "slow"))
	vs.Set("addresses", List(Item{"192.0.2.1", commented(5, "one")}, Item{"192.0.2.2", commented(6, "", "two")}), at(5))
	vs.Set("ports", Strings("80", "443"), at(7))
	vs.Set("alpha", Bool(false), at(8))
	rs := vs.Block("real_server", []string{"192.0.2.31:80"}, at(9))
	rs.Set("weight", Number(2), at(10))
	vs.Block("real_server", []string{"192.0.2.32:80"}, at(11))
	rs = vs.Block("real_server", []string{"192.0.2.33:80"}, at(12))
	get := rs.Block("http_get", nil, at(13))
	get.Set("connect_port", Number(8080), at(14))
	get.Set("retry", Number(3), at(15))
	url := get.Block("url", nil, at(16))
	url.Set("path", String("/${x}\"%{y}"), at(17))
	vs.Comment("end")
	d.Block("global", nil, at(20))
	return d
}

const exampleText = `# made by hand

a = 1

# first
# second
virtual_server "web" { # the shop
  address = "192.0.2.1:80"
  # slow
  delay_loop = "90s"
  addresses = [
    "192.0.2.1", # one
    # two
    "192.0.2.2",
  ]
  ports = ["80", "443"]
  alpha = false

  real_server "192.0.2.31:80" { weight = 2 }
  real_server "192.0.2.32:80" {}

  real_server "192.0.2.33:80" {
    http_get {
      connect_port = 8080
      retry        = 3
      url { path = "/$${x}\"%%{y}" }
    }
  }

  # end
}

global {}
`

func TestDocumentBytes(t *testing.T) {
	if diff := cmp.Diff(exampleText, string(example().Bytes())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSetReplacesAndKeepsComments(t *testing.T) {
	var d Document
	d.Set("a", Number(1), commented(1, "", "one"))
	d.Set("a", Number(2), commented(2, "later", "two"))
	if diff := cmp.Diff("# one\n# two\na = 2 # later\n", string(d.Bytes())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFitCommentsOutUnknownWords(t *testing.T) {
	d := example()
	var report Report
	unknown := map[string]bool{"a": true, "virtual_server/addresses": true, "virtual_server/real_server/http_get": true}
	d.Fit(Language{Knows: func(path ...string) bool { return !unknown[strings.Join(path, "/")] }}, &report)
	want := strings.NewReplacer(
		"a = 1", "# a = 1",
		`  addresses = [
    "192.0.2.1", # one
    # two
    "192.0.2.2",
  ]`, `  # addresses = [
  #   "192.0.2.1", # one
  #   # two
  #   "192.0.2.2",
  # ]`,
		`    http_get {
      connect_port = 8080
      retry        = 3
      url { path = "/$${x}\"%%{y}" }
    }`, `    # http_get {
    #   connect_port = 8080
    #   retry        = 3
    #   url { path = "/$${x}\"%%{y}" }
    # }

    tcp_check {
      connect_port = 8080
      retry        = 3
    }`,
	).Replace(exampleText)
	if diff := cmp.Diff(want, string(d.Bytes())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	wantReport := `old.conf:1: unsupported: a: this version of ldirector does not have a; it is a comment in its place, ready for a version that has it.
old.conf:5: unsupported: addresses: this version of ldirector does not have addresses in virtual_server; it is a comment in its place, ready for a version that has it.
old.conf:13: unsupported: http_get: this version of ldirector does not have http_get in real_server; it is a comment in its place, ready for a version that has it.
old.conf:13: unsupported: http_get: ATTENTION: CHECK REPLACED. real server 192.0.2.33:80 was to be asked by http_get; now a tcp_check with the same timing asks only whether its port is open.
4 unsupported
`
	if diff := cmp.Diff(wantReport, text(t, &report)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFitLeavesOutBlocksWithoutTheirEssentials(t *testing.T) {
	var d Document
	b := d.Block("vrrp_instance", []string{"VI_1"}, at(1))
	b.Set("interface", String("eth0"), at(2))
	origin := at(3)
	origin.Essential = "it would not hear the others"
	b.Set("unicast_peer", Strings("192.0.2.1"), origin)
	var report Report
	d.Fit(Language{Knows: func(path ...string) bool { return path[len(path)-1] != "unicast_peer" }}, &report)
	want := `# vrrp_instance "VI_1" {
#   interface    = "eth0"
#   unicast_peer = ["192.0.2.1"]
# }
`
	if diff := cmp.Diff(want, string(d.Bytes())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := text(t, &report); !strings.Contains(got, "VRRP INSTANCE VI_1 LEFT OUT. Without unicast_peer it would not hear the others") {
		t.Error(got)
	}
}

// TestFitLeavesOutBlocksWithBadEssentials plays a language that does not like a
// value without which the block around it is dangerous.
func TestFitLeavesOutBlocksWithBadEssentials(t *testing.T) {
	origin := at(3)
	origin.Essential = "it would not hear the others"
	var d Document
	for _, peer := range []string{"192.0.2.1", "192.0.2.2"} {
		b := d.Block("vrrp_instance", []string{peer}, at(1))
		b.Set("unicast_peer", List(Item{peer, origin}), origin)
		b.Set("interface", String("eth0"), at(2))
	}
	check := func(source []byte) []Problem {
		for i, l := range strings.Split(string(source), "\n") {
			if l = strings.TrimSpace(l); strings.Contains(l, `192.0.2.2",`) && l[0] != '#' {
				return []Problem{{i + 1, "I do not like twos."}}
			}
		}
		return nil
	}
	var report Report
	d.Fit(Language{Check: check}, &report)
	want := `vrrp_instance "192.0.2.1" {
  unicast_peer = ["192.0.2.1"]
  interface    = "eth0"
}

# vrrp_instance "192.0.2.2" {
#   unicast_peer = [
#     "192.0.2.2",
#   ]
#   interface = "eth0"
# }
`
	if diff := cmp.Diff(want, string(d.Bytes())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := text(t, &report); !strings.Contains(got, "VRRP INSTANCE 192.0.2.2 LEFT OUT") {
		t.Error(got)
	}
}

func TestFitReplacesProbes(t *testing.T) {
	knows := func(path ...string) bool {
		last := path[len(path)-1]
		return !IsProbe(last) || last == "tcp_check"
	}
	probe := func(rs *Block, name string, port int64) {
		p := rs.Block(name, nil, at(2))
		p.Set("retry", Number(2), at(3))
		if port > 0 {
			p.Set("connect_port", Number(port), at(4))
		}
	}
	tests := []struct {
		name  string
		noTCP bool
		build func(*Block)
		want  []string // lines that are no comments
		loud  string
	}{
		{"script", false, func(b *Block) { probe(b, "misc_check", 0) }, []string{"tcp_check { retry = 2 }"}, "REPLACED"},
		{"script of a UDP service", true, func(b *Block) { probe(b, "misc_check", 0) }, nil, "LOST"},
		{"HTTP beside a UDP service", true, func(b *Block) { probe(b, "http_get", 81) }, []string{"tcp_check {", "connect_port = 81", "retry = 2", "}"}, "REPLACED"},
		{"a DNS port is not asked by TCP", false, func(b *Block) { probe(b, "dns_check", 53) }, []string{"tcp_check { retry = 2 }"}, "REPLACED"},
		{"two that become one", false, func(b *Block) { probe(b, "http_get", 0); probe(b, "smtp_check", 0) }, []string{"tcp_check { retry = 2 }"}, "REPLACED"},
		{"two ports", false, func(b *Block) { probe(b, "http_get", 81); probe(b, "ssl_get", 82) },
			[]string{"tcp_check {", "connect_port = 81", "retry = 2", "}", "tcp_check {", "connect_port = 82", "retry = 2", "}"}, "REPLACED"},
		{"one stays", false, func(b *Block) { probe(b, "misc_check", 0); probe(b, "tcp_check", 81) }, []string{"tcp_check {", "retry = 2", "connect_port = 81", "}"}, ""},
		{"none", false, func(*Block) {}, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var d Document
			rs := d.Block("real_server", []string{"192.0.2.1"}, at(1))
			rs.NoTCP = tt.noTCP
			tt.build(rs)
			var report Report
			d.Fit(Language{Knows: knows}, &report)
			var got []string
			for l := range strings.SplitSeq(string(d.Bytes()), "\n") {
				l = strings.Join(strings.Fields(l), " ")
				if l != "" && l[0] != '#' && !strings.HasPrefix(l, "real_server") {
					got = append(got, l)
				}
			}
			if len(got) > 0 {
				got = got[:len(got)-1] // the end of real_server
			}
			if len(got) == 0 {
				got = nil
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if said := text(t, &report); !strings.Contains(said, tt.loud) || tt.loud == "" && strings.Contains(said, "ATTENTION") {
				t.Errorf("want %q in:\n%s", tt.loud, said)
			}
		})
	}
}

// TestFitCommentsOutRefusedValues plays a language that does not like twos,
// and blocks without attributes.
func TestFitCommentsOutRefusedValues(t *testing.T) {
	check := func(source []byte) []Problem {
		f, diags := hclsyntax.ParseConfig(source, "x", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatalf("%s\n%s", diags, source)
		}
		var problems []Problem
		for i, l := range strings.Split(string(source), "\n") {
			l, _, _ = strings.Cut(l, "#")
			if strings.Contains(l, `192.0.2.2"`) || strings.Contains(l, "= 2") {
				problems = append(problems, Problem{i + 1, "I do not like twos."})
			}
		}
		for _, b := range f.Body.(*hclsyntax.Body).Blocks {
			for _, b := range b.Body.Blocks {
				if len(b.Body.Attributes)+len(b.Body.Blocks) == 0 && b.Labels[0] == "192.0.2.31:80" {
					problems = append(problems, Problem{b.DefRange().Start.Line, "It is empty."})
				}
			}
		}
		return problems
	}
	d := example()
	var report Report
	d.Fit(Language{Check: check}, &report)
	want := strings.NewReplacer(
		`    "192.0.2.2",`, `    # "192.0.2.2",`,
		`  real_server "192.0.2.31:80" { weight = 2 }
  real_server "192.0.2.32:80" {}
`, `  # real_server "192.0.2.31:80" {
  #   weight = 2
  # }

  real_server "192.0.2.32:80" {}
`,
	).Replace(exampleText)
	if diff := cmp.Diff(want, string(d.Bytes())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := report.Count(Unsupported); got != 3 {
		t.Errorf("%d findings:\n%s", got, text(t, &report))
	}
}

func TestFitEndsWithAProblemWithoutPlace(t *testing.T) {
	d := example()
	var report Report
	d.Fit(Language{Check: func([]byte) []Problem { return []Problem{{0, "It rains."}} }}, &report)
	if !report.HasErrors() || !strings.Contains(text(t, &report), "It rains.") {
		t.Error(text(t, &report))
	}
}

func TestReport(t *testing.T) {
	var r Report
	if got := text(t, &r); got != "Nothing to report.\n" || r.Err() != nil {
		t.Errorf("empty: %q, %v", got, r.Err())
	}
	r.Add(Note, Position{"b.conf", 3}, "", "One & only.")
	r.Add(Note, Position{"a.conf", 3}, "x", "%d things.", 2)
	r.Add(Note, Position{"a.conf", 3}, "x", "%d things.", 2)
	r.Add(Note, Position{"a.conf", 1}, "x", "Earlier.")
	r.Add(Default, Position{"a.conf", 9}, "y", "Said.")
	r.Add(Error, Position{File: "a.conf"}, "", "Bad.")
	want := `a.conf: error: Bad.
a.conf:9: default: y: Said.
b.conf:3: note: One & only.
a.conf:1: note: x: Earlier.
a.conf:3: note: x: 2 things.
1 error, 1 default, 3 notes
`
	if diff := cmp.Diff(want, text(t, &r)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := r.Err(); err == nil || err.Error() != "not imported: 1 error" {
		t.Errorf("Err() = %v", err)
	}
	var out bytes.Buffer
	if err := (&Report{findings: r.findings[:1]}).WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	wantJSON := `{
  "findings": [
    {
      "severity": "note",
      "file": "b.conf",
      "line": 3,
      "keyword": "",
      "text": "One & only."
    }
  ]
}
`
	if diff := cmp.Diff(wantJSON, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func text(t *testing.T, r *Report) string {
	t.Helper()
	var out bytes.Buffer
	if err := r.WriteText(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestFormatDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 6 * time.Second: "6s", 90 * time.Second: "90s", 2 * time.Minute: "2m", 150 * time.Second: "2m30s",
		time.Hour: "1h", 90 * time.Minute: "1h30m", 300 * time.Millisecond: "300ms", 1500 * time.Millisecond: "1.5s",
	} {
		if got := FormatDuration(d); got != want {
			t.Errorf("FormatDuration(%d) = %q, want %q", d, got, want)
		}
	}
}
