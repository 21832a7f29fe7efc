package status

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ldirector/ldirector/internal/api"
)

// Condition says in one word or two how a service is.
func Condition(vs api.VirtualServer) string {
	switch {
	case vs.SorryActive:
		return "SORRY SERVER IS IN"
	case !vs.QuorumUp:
		return "BELOW ITS QUORUM"
	case vs.Suspended:
		return "no probes here (ha_suspend)"
	default:
		return "ok"
	}
}

// Services names the first IPVS service of a virtual server, and how many more
// there are.
func Services(vs api.VirtualServer) string {
	switch n := len(vs.Services); n {
	case 0:
		return vs.Protocol + " " + vs.Address
	case 1:
		return vs.Services[0]
	default:
		return fmt.Sprintf("%s and %d more", vs.Services[0], n-1)
	}
}

// Weight is that in the kernel and, if probes want another than the
// configuration, the configured one.
func Weight(rs api.RealServer) string {
	text := strconv.FormatUint(uint64(rs.Weight), 10)
	if rs.EffectiveWeight != rs.ConfiguredWeight {
		text += fmt.Sprintf(" (%d)", rs.ConfiguredWeight)
	}
	return text
}

// Remark says why a real server is not up, or what it warns of.
func Remark(rs api.RealServer) string {
	switch {
	case rs.Warning != "":
		return "WARNING " + rs.Warning
	case rs.Reason == "" && rs.Override != nil && rs.Override.Weight != nil:
		return fmt.Sprintf("weight %d by command", *rs.Override.Weight)
	default:
		return rs.Reason
	}
}

// InstanceRemark says why a virtual router is as it is, where that is not plain.
func InstanceRemark(v api.VRRPInstance) string {
	remarks := slices.Clone(v.Faults)
	if v.Waiting != "" {
		remarks = append(remarks, "waits for "+v.Waiting)
	}
	if v.HandingOver {
		remarks = append(remarks, "hands over")
	}
	if v.Released {
		remarks = append(remarks, "released: does not preempt")
	}
	if v.PriorityOverride > 0 {
		remarks = append(remarks, fmt.Sprintf("priority set to %d by command", v.PriorityOverride))
	}
	return strings.Join(remarks, "; ")
}

// Addresses are those of a virtual router.
func Addresses(v api.VRRPInstance) string {
	all := make([]string, len(v.Addresses))
	for i, a := range v.Addresses {
		all[i] = a.String()
	}
	return strings.Join(all, ",")
}

// Foreign is a sentence about a virtual router that is none of ours.
func Foreign(f api.ForeignRouter, now time.Time) string {
	return fmt.Sprintf("Another virtual router, %d of %s, is on %s, heard %s ago.", f.VRID, f.Source, f.Interface, Age(f.Last, now))
}

// EventLine is an event for people, with its time in the layout.
func EventLine(e api.Event, layout string) string {
	words := []string{e.Time.Local().Format(layout)}
	for _, word := range []string{e.VirtualServer, e.RealServer, e.Instance} {
		if word != "" {
			words = append(words, word)
		}
	}
	if e.Warning {
		words = append(words, "WARNING")
	}
	words = append(words, e.Text)
	if e.By != "" {
		words = append(words, "(command of "+e.By+")")
	}
	return strings.Join(words, "  ")
}

// Age is the time since t in its largest unit but one: "3m12s", "2d4h".
func Age(t *time.Time, now time.Time) string {
	if t == nil {
		return "-"
	}
	d := max(now.Sub(*t), 0)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm%ds", d/time.Minute, d%time.Minute/time.Second)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%dm", d/time.Hour, d%time.Hour/time.Minute)
	default:
		return fmt.Sprintf("%dd%dh", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
	}
}

// Number is n in at most five characters: "999", "12.3k", "1.2M".
func Number(n uint64) string {
	if n < 1000 {
		return strconv.FormatUint(n, 10)
	}
	value := float64(n)
	for _, unit := range []string{"k", "M", "G", "T", "P", "E"} {
		value /= 1000
		if value < 99.95 {
			return strconv.FormatFloat(value, 'f', 1, 64) + unit
		}
		if value < 999.5 {
			return strconv.FormatFloat(value, 'f', 0, 64) + unit
		}
	}
	return strconv.FormatUint(n, 10)
}
