package netif

import (
	"testing"

	"golang.org/x/sys/unix"
)

// A reload that changes only how an object is tracked must not touch it.
func TestSameObjects(t *testing.T) {
	tracked, labelled := address("10.0.0.1/24", "eth0"), address("10.0.0.1/24", "eth0")
	tracked.NoTrack, tracked.TrackGroup = true, "G1"
	labelled.Label = "eth0:1"
	for _, tt := range []struct {
		a, b object
		want bool
	}{
		{address("10.0.0.1/24", "eth0"), tracked, true},
		{address("10.0.0.1/24", "eth0"), labelled, false},
		{address("10.0.0.1/24", "eth0"), address("10.0.0.1/24", "eth1"), false},
		{Route{Metric: 1, NextHops: []NextHop{{Device: "eth0"}}}, Route{Metric: 1, NextHops: []NextHop{{Device: "eth0"}}, NoTrack: true}, true},
		{Route{NextHops: []NextHop{{Device: "eth0"}}}, Route{NextHops: []NextHop{{Device: "eth1"}}}, false},
		{Rule{Table: 7}, Rule{Table: 7, TrackGroup: "G1"}, true},
		{Rule{Table: 7}, Route{Table: 7}, false},
	} {
		if got := same(tt.a, tt.b); got != tt.want {
			t.Errorf("%+v and %+v: same is %v", tt.a, tt.b, got)
		}
	}
}

// What the kernel tells is taken for what it is, but never trusted with a length.
func FuzzParseKernelMessages(f *testing.F) {
	for _, o := range []object{
		address("10.0.0.1/24", "eth0"), address("fd00::1/128", "eth0"),
		Route{Destination: address("10.0.0.0/8", "").Prefix, MTU: 1400}, Rule{Table: 7},
	} {
		m, err := o.add(links{"eth0": {index: 3}})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(m.body)
		f.Add(m.body[:unix.SizeofIfAddrmsg-1])
	}
	f.Fuzz(func(_ *testing.T, b []byte) {
		_, _ = parseLink(b)
		_, _ = parseAssigned(b)
		_, _ = parseRoute(b)
		_, _ = parseRule(b)
	})
}
