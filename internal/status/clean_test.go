package status

import (
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/api"
)

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "",
		"tcp_check: refused":     "tcp_check: refused",
		"größer 日本 é 👍":          "größer 日本 é 👍",
		"\x1b]0;title\a\x1b[2J":  `\x1b]0;title\a\x1b[2J`,
		"a\nb\tc\rd":             `a\nb\tc\rd`,
		"\u009b31m\u007f":        `\u009b31m\x7f`,
		"bad \xff\xc3":           `bad \xff\xc3`,
		"right \u202eto\u2066 x": `right \u202eto\u2066 x`,
	} {
		if got := Printable(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := PrintableLines("a:1\n\tb\x1b[m\n"); got != "a:1\n    b\\x1b[m\n" {
		t.Errorf("lines: %q", got)
	}
}

func FuzzPrintable(f *testing.F) {
	f.Add("\x1b[31m\u202e\xff")
	f.Fuzz(func(t *testing.T, text string) {
		got := Printable(text)
		if strings.IndexFunc(got, odd) >= 0 && !strings.Contains(got, "\ufffd") {
			t.Errorf("%q is left", got)
		}
		if Printable(got) != got {
			t.Errorf("%q is escaped twice", got)
		}
	})
}

// What back-ends say does not move the cursor or fake lines of the table.
func TestStatusOfHostileBackends(t *testing.T) {
	evil := "\x1b[2J\x1b]0;owned\a\u009b1mx\ny"
	st := api.Status{
		Configuration: api.Configuration{Error: "Error: a.hcl:1\n  \x1b[31mx\n"},
		VirtualServers: []api.VirtualServer{{Name: evil, Services: []string{evil}, Error: evil,
			RealServers: []api.RealServer{{Address: "192.0.2.1:80", Reason: evil}, {Address: "192.0.2.2:80", Warning: evil}}}},
		VRRPInstances:  []api.VRRPInstance{{Name: evil, Faults: []string{evil}, Conflicts: []string{evil}}},
		ForeignRouters: []api.ForeignRouter{{Interface: evil}},
		VRRPGroups:     []api.VRRPGroup{{Name: evil, Members: []string{evil}}},
	}
	CleanAll(&st)
	var b strings.Builder
	if err := Print(&b, st, time.Now(), false); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if line = strings.TrimSuffix(line, "\n"); Printable(line) != line || strings.HasPrefix(line, "y") {
			t.Errorf("%q", line)
		}
	}
	if !strings.Contains(b.String(), "Error: a.hcl:1\n  \\x1b[31mx\n") || strings.Count(b.String(), `\u009b1mx\ny`) != 12 {
		t.Errorf("printed\n%s", &b)
	}
	e := api.Event{Text: evil, VirtualServer: evil, By: evil}
	Clean(&e)
	if line := EventLine(e, time.TimeOnly); Printable(line) != line {
		t.Errorf("%q", line)
	}
}

// The columns of coloured cells stay in line.
func TestColours(t *testing.T) {
	st := api.Status{VirtualServers: []api.VirtualServer{{Name: "web", RealServers: []api.RealServer{
		{Address: "192.0.2.1:80", State: "up", Reason: "A"}, {Address: "192.0.2.2:80", State: "drained", Reason: "B"}}}},
		VRRPInstances: []api.VRRPInstance{{Name: "VI", State: "BACKUP"}}}
	var coloured, bare strings.Builder
	if err := Print(&coloured, st, time.Now(), true); err != nil {
		t.Fatal(err)
	}
	if err := Print(&bare, st, time.Now(), false); err != nil {
		t.Fatal(err)
	}
	text := coloured.String()
	for _, code := range []string{"\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[39m"} {
		if !strings.Contains(text, code) {
			t.Errorf("no %q", code)
		}
		text = strings.ReplaceAll(text, code, "")
	}
	if text != bare.String() {
		t.Errorf("without colours\n%swith them\n%s", &bare, text)
	}
}

func TestNumber(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1.0k", 1234: "1.2k", 99949: "99.9k", 99950: "100k", 999499: "999k", 999500: "1.0M",
		1<<64 - 1: "18.4E"} {
		if got := Number(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
