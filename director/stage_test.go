package director

import (
	"strings"
	"testing"

	"github.com/ldirector/ldirector/director/ipvs"
)

func TestStage(t *testing.T) {
	tests := []struct {
		name, have, want, first, last string
		found                         string // the table after a failed first part
		safe                          string // what of last may be done then
	}{
		{name: "sorry server leaves after the real server", have: "9=1", want: "1=1", first: "+1", last: "-9", found: "9=1", safe: ""},
		{name: "one of two came", have: "9=1", want: "1=1 2=1", first: "+1 +2", last: "-9", found: "2=1 9=1", safe: "-9"},
		{name: "real servers leave after the sorry server", have: "1=1 2=1", want: "9=1", first: "+9", last: "-1 -2", found: "1=1 2=1", safe: ""},
		{name: "also by weight", have: "1=1", want: "1=0 9=1", first: "+9", last: "1=0", found: "1=1 9=1", safe: "1=0"},
		{name: "and back", have: "1=0 9=1", want: "1=2", first: "1=2", last: "-9", found: "1=0 9=1", safe: ""},
		{name: "one of many leaves at once", have: "1=1 2=1", want: "2=1 3=1", first: "+3 -1"},
		{name: "the last leaves at once if nobody follows", have: "1=1", want: "", first: "-1"},
		{name: "idle ones do not count", have: "1=0 9=1", want: "1=0 2=1", first: "+2", last: "-9", found: "1=0 9=1", safe: ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			have, want := table{key(1): existing(1, tt.have)}, table{key(1): existing(1, tt.want)}
			first, last := stage(have, want, diff(have, want))
			if got := changesText(first); got != tt.first {
				t.Errorf("first is %q, want %q", got, tt.first)
			}
			if got := changesText(last); got != tt.last {
				t.Errorf("last is %q, want %q", got, tt.last)
			}
			if got := changesText(succeeded(table{key(1): existing(1, tt.found)}, want, last)); got != tt.safe {
				t.Errorf("after a failure %q may be done, want %q", got, tt.safe)
			}
		})
	}
}

func changesText(changes []ipvs.Change) string {
	var words []string
	for _, c := range changes {
		switch c := c.(type) {
		case ipvs.AddDestination:
			words = append(words, "+"+number1(c.Destination))
		case ipvs.UpdateDestination:
			words = append(words, short(ipvs.Service{Destinations: []ipvs.Destination{c.Destination}}))
		case ipvs.DeleteDestination:
			words = append(words, "-"+number1(ipvs.Destination{Addr: c.Addr}))
		default:
			words = append(words, c.String())
		}
	}
	return strings.Join(words, " ")
}

// number1 is the number of the server without its weight.
func number1(d ipvs.Destination) string {
	n, _, _ := strings.Cut(short(ipvs.Service{Destinations: []ipvs.Destination{d}}), "=")
	return n
}

func TestStageKeepsServicesApart(t *testing.T) {
	have := table{key(1): existing(1, "9=1"), key(2): existing(2, "1=1 2=1"), key(3): existing(3, "1=1")}
	want := table{key(1): existing(1, "1=1"), key(2): existing(2, "2=1")}
	first, last := stage(have, want, diff(have, want))
	if got, want := list(first), "add real server 10.0.0.1:80 DR 1 to TCP 192.0.2.1:80; "+
		"delete real server 10.0.0.1:80 from TCP 192.0.2.2:80; delete virtual server TCP 192.0.2.3:80"; got != want {
		t.Errorf("first is %q, want %q", got, want)
	}
	if got, want := list(last), "delete real server 10.0.0.9:80 from TCP 192.0.2.1:80"; got != want {
		t.Errorf("last is %q, want %q", got, want)
	}
}
