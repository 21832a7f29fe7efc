package nettest

import (
	"strings"
	"testing"
)

func TestFeatureRequired(t *testing.T) {
	tests := []struct {
		list    string
		feature Feature
		want    bool
	}{
		{"", NetNS, false},
		{"netns", NetNS, true},
		{"netns,ipvs", IPVS, true},
		{" IPVS , netns", IPVS, true},
		{"netns", IPVS, false},
		{"tools", NetNS, false},
		{"tools", IPVS, false},
		{"tools", Tshark, true},
		{"netns,tshark", Tshark, true},
		{"netns,tshark", Nginx, false},
	}
	for _, tt := range tests {
		if got := tt.feature.required(tt.list); got != tt.want {
			t.Errorf("%q contains %q: got %v, want %v", tt.list, tt.feature, got, tt.want)
		}
	}
}

func TestRequireSkipsWithTheReason(t *testing.T) {
	t.Setenv(requireEnv, "netns,ipvs")
	tb := &recorder{TB: t}
	tb.run(func() { Require(tb, "no-such-program") })
	if tb.verdict != "skip" || !strings.Contains(tb.text, "apt-get install no-such-program") {
		t.Errorf("got %s %q, want a skip that says how to get the program", tb.verdict, tb.text)
	}
}

func TestRequireFailsForAListedFeature(t *testing.T) {
	for _, list := range []string{"tools", "no-such-program", "netns,tools"} {
		t.Setenv(requireEnv, list)
		tb := &recorder{TB: t}
		tb.run(func() { Require(tb, "no-such-program") })
		if tb.verdict != "fatal" || !strings.Contains(tb.text, requireEnv) {
			t.Errorf("%s=%s: got %s %q, want a failure", requireEnv, list, tb.verdict, tb.text)
		}
	}
}

func TestRequirePassesWhatIsThere(t *testing.T) {
	tb := &recorder{TB: t}
	tb.run(func() { Require(tb, "sh") })
	if tb.verdict != "" {
		t.Errorf("got %s %q, want neither skip nor failure", tb.verdict, tb.text)
	}
}
