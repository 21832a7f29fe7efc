package doctor

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// A Severity says how bad a finding is.
type Severity string

// The severities.
const (
	Error   Severity = "error"   // something does not work
	Warning Severity = "warning" // something will not work in some case, or works badly
)

// A Finding is something that is wrong with a host.
type Finding struct {
	Severity Severity `json:"severity"`
	Check    string   `json:"check"`   // stable name of what was looked at, "ip_forward"
	Problem  string   `json:"problem"` // what is the case
	Breaks   string   `json:"breaks"`  // what does not work because of it
	See      string   `json:"see"`     // a command that shows it
	Mend     string   `json:"mend"`    // what to do
}

// A Report is what an examination has found.
type Report struct {
	Findings []Finding `json:"findings"` // errors first
	Unseen   []string  `json:"unseen"`   // what could not be looked at, and why
}

// Examine compares what is needed with what there is.
func Examine(n Needs, f Facts) Report {
	r := Report{Findings: []Finding{}, Unseen: append([]string{}, f.Unseen...)}
	for _, check := range checks(n.Role) {
		r.Findings = append(r.Findings, check(n, f)...)
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { return strings.Compare(string(a.Severity), string(b.Severity)) })
	return r
}

// checks are what is looked at on a host with that role.
func checks(role Role) []func(Needs, Facts) []Finding {
	if role == Backend {
		return []func(Needs, Facts) []Finding{
			checkServes, checkBackendAddresses, checkARP, checkTunnelDevice, checkDecapsulation, checkListeners,
		}
	}
	return []func(Needs, Facts) []Finding{
		checkRivals, checkCapabilities, checkModules, checkReadOnly,
		checkAddresses, checkRoutes, checkForwarding, checkMTU, checkBridges,
		checkNodest, checkQuiescent, checkConntrack,
		checkAdvertFilter, checkServiceFilter, checkAnswerFilter,
		checkAnswers, checkAdverts, checkClock, checkDescriptors, checkPorts,
	}
}

// WriteText writes the report for people.
func (r Report) WriteText(w io.Writer) error {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s: %s\n", f.Severity, f.Problem)
		for _, line := range [][2]string{{"breaks", f.Breaks}, {"see", f.See}, {"mend", f.Mend}} {
			fmt.Fprintf(&b, "  %-7s %s\n", line[0]+":", line[1])
		}
		b.WriteByte('\n')
	}
	for _, u := range r.Unseen {
		fmt.Fprintf(&b, "not looked at: %s\n", u)
	}
	switch n := len(r.Findings); n {
	case 0:
		b.WriteString("nothing found\n")
	case 1:
		b.WriteString("1 problem\n")
	default:
		fmt.Fprintf(&b, "%d problems\n", n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// listed joins names for a sentence: some of them if there are many.
func listed(names []string) string {
	const most = 5
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
