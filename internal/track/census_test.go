package track

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A step of a census: "0 scan 5=nginx 6=sh", "1 fork 5 7", "2 exec 7=cp",
// "3 exit 5", "4 wait"; the number is a time in seconds.
func (c *census) do(t *testing.T, step string) (changed bool) {
	t.Helper()
	words := strings.Fields(step)
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("step %q: %v", step, err)
		}
		return n
	}
	programs := make(map[int]program)
	for _, word := range words[2:] {
		if pid, name, ok := strings.Cut(word, "="); ok {
			programs[number(pid)] = program{name: name, args: []string{name}}
		}
	}
	now := time.Unix(1e9, 0).Add(time.Duration(number(words[0])) * time.Second)
	switch words[1] {
	case "scan":
		return c.scan(now, programs)
	case "exec":
		for pid, is := range programs {
			return c.examine(now, pid, is)
		}
	case "fork":
		return c.fork(now, number(words[2]), number(words[3]))
	case "exit":
		return c.exit(now, number(words[2]))
	case "wait":
		return c.advance(now)
	}
	t.Fatalf("step %q is not understood", step)
	return false
}

func TestCensus(t *testing.T) {
	one := Process{Name: "web", Command: []string{"nginx"}, Quorum: 1}
	slow := Process{Name: "web", Command: []string{"nginx"}, Quorum: 1, ForkDelay: 2 * time.Second, TerminateDelay: 3 * time.Second}
	single := Process{Name: "web", Command: []string{"nginx"}, Quorum: 1, QuorumMax: 1, ForkDelay: 2 * time.Second}
	tests := []struct {
		name    string
		process Process
		steps   []string // with what is reported of them
	}{
		{"one comes and goes", one, []string{
			"0 scan 1=init: down", "1 exec 5=nginx: up", "2 exit 5: down", "3 exec 6=sh:", "4 exec 6=nginx: up",
		}},
		{"is there", one, []string{"0 scan 1=init 5=nginx: up", "1 exit 1:", "2 exit 5: down"}},
		{"becomes another program", one, []string{"0 scan 5=nginx: up", "1 exec 5=nginx:", "2 exec 5=sh: down"}},
		{"a child goes on", one, []string{"0 scan 5=nginx: up", "1 fork 5 6:", "2 exit 5:", "3 exit 6: down"}},
		{"a child of another", one, []string{"0 scan 1=init: down", "1 fork 1 5:", "2 exit 5:"}},
		{"a child that was seen already", one, []string{"0 scan 5=nginx 6=nginx: up", "1 fork 5 6:", "2 exit 6:", "3 exit 5: down"}},
		{"events that were lost", one, []string{"0 scan 5=nginx: up", "1 scan 6=nginx:", "2 exit 5:", "3 scan 1=init: down"}},
		{"follows within the delay", slow, []string{"0 scan 5=nginx: up", "1 exit 5:", "2 wait:", "3 exec 6=nginx:", "9 wait:", "10 exit 6:", "13 wait: down"}},
		{"comes back by exec", slow, []string{"0 scan 1=init: down", "1 exec 5=nginx: up"}},
		{"found by looking", slow, []string{
			"0 scan 1=init: down", "1 scan 5=nginx:", "2 scan 5=nginx:", "3 wait: up", "4 scan 1=init:", "5 scan 1=init:", "6 scan 1=init:", "7 wait: down",
		}},
		{"found by looking, but not for long", slow, []string{"0 scan 1=init: down", "1 scan 5=nginx:", "2 scan 1=init:", "9 wait:"}},
		{"a child that becomes another program", single, []string{"0 scan 5=nginx: up", "1 fork 5 6:", "2 exec 6=cp:", "9 wait:"}},
		{"a child too many", single, []string{"0 scan 5=nginx: up", "1 fork 5 6:", "2 fork 1 7:", "2 exec 7=sh:", "3 wait: down", "4 exit 5: up"}},
		{"one too many by exec", single, []string{"0 scan 5=nginx: up", "1 exec 6=nginx: down", "2 exit 6: up"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var c census
			if !c.set([]Process{tt.process}) {
				t.Fatal("nothing new")
			}
			if got := c.values(); len(got) > 0 {
				t.Errorf("known without a look: %v", got)
			}
			for _, step := range tt.steps {
				step, want, _ := strings.Cut(step, ":")
				got := ""
				if c.do(t, step) {
					got = map[bool]string{true: " up", false: " down"}[c.values()["web"]]
				}
				if got != want {
					t.Errorf("%s: got %q, want %q", step, got, want)
				}
			}
		})
	}
}

func TestCensusTellsWhenToWakeUp(t *testing.T) {
	var c census
	c.set([]Process{
		{Name: "a", Command: []string{"a"}, Quorum: 1, TerminateDelay: 5 * time.Second},
		{Name: "b", Command: []string{"b"}, Quorum: 1, TerminateDelay: 2 * time.Second},
	})
	var got []string
	for _, step := range []string{"0 scan 1=a 2=b", "1 exit 1", "2 exit 2", "4 wait", "5 exec 3=a", "6 wait"} {
		c.do(t, step)
		if at := c.next(); at.IsZero() {
			got = append(got, "never")
		} else {
			got = append(got, fmt.Sprint(at.Sub(time.Unix(1e9, 0))))
		}
	}
	if diff := cmp.Diff([]string{"never", "6s", "4s", "6s", "never", "never"}, got); diff != "" {
		t.Errorf("due (-want +got):\n%s", diff)
	}
}

func TestCensusKeepsWhatStays(t *testing.T) {
	a := Process{Name: "a", Command: []string{"a"}, Quorum: 1}
	b := Process{Name: "b", Command: []string{"b"}, Quorum: 1}
	var c census
	c.set([]Process{a, b})
	c.do(t, "0 scan 1=a 2=b")
	b.Quorum = 2
	if !c.set([]Process{b, a}) {
		t.Error("b has changed, but nothing is new")
	}
	if diff := cmp.Diff(map[string]bool{"a": true}, c.values()); diff != "" {
		t.Errorf("known (-want +got):\n%s", diff)
	}
	c.do(t, "1 scan 1=a 2=b")
	if diff := cmp.Diff(map[string]bool{"a": true, "b": false}, c.values()); diff != "" {
		t.Errorf("known (-want +got):\n%s", diff)
	}
	if c.set([]Process{a}) {
		t.Error("something is new")
	}
	if !c.do(t, "2 exit 1") {
		t.Error("what has stayed was forgotten")
	}
}
