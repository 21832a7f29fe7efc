package status

import (
	"fmt"
	"strings"
	"time"

	"github.com/ldirector/ldirector/internal/api"
)

// Problems says what hinders the director, in the order of how much.
func Problems(st api.Status) []string {
	var all []string
	for _, p := range []struct{ what, why string }{
		{"NOT IN STEP WITH THE KERNEL: ", st.Table.Error},
		{"THE LAST RELOAD WAS REFUSED, the configuration before it is in force:\n", st.Configuration.Error},
		{"NOT AS CONFIGURED: ", st.Table.Settings},
		{"SYNC DAEMON NOT AS CONFIGURED: ", st.SyncDaemon.Error},
		{"CONNECTIONS ARE NOT KNOWN: ", st.Table.CountersError},
		{"A CRASH WOULD LEAVE SERVICES BEHIND: ", st.Table.LedgerError},
		{"A RESTART WOULD FORGET COMMANDS: ", st.Table.OverridesError},
		{"HTTP LISTENER NOT AS CONFIGURED: ", st.HTTPError},
		{"NOTHING IS KNOWN OF VRRP: ", st.VRRPError},
	} {
		if p.why != "" {
			all = append(all, p.what+strings.TrimSpace(p.why))
		}
	}
	for _, s := range st.Sinks {
		if s.FailingSince != nil {
			all = append(all, sinkProblem(s))
		}
	}
	return all
}

// sinkProblem says why somebody does not hear of events.
func sinkProblem(s api.Sink) string {
	return fmt.Sprintf("%s DOES NOT HEAR OF EVENTS since %s: %s (%d wait, %d dropped)",
		strings.TrimSpace(strings.ToUpper(s.Kind)+" "+s.Name), s.FailingSince.Local().Format(time.DateTime), s.Error, s.Waiting, s.Dropped)
}

// ServiceProblems says what hinders one virtual server.
func ServiceProblems(vs api.VirtualServer) []string {
	var all []string
	if vs.Error != "" {
		all = append(all, "REFUSED BY THE KERNEL: "+vs.Error)
	}
	if vs.Contested {
		all = append(all, "ANOTHER PROGRAM CHANGES IT AGAIN AND AGAIN: find and stop it, or leave this service to it")
	}
	return all
}
