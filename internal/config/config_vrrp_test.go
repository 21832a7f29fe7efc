package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/internal/netif"
	"github.com/ldirector/ldirector/vrrp"
)

// dumpVRRP writes what is said of virtual routers, line by line. Fields with
// their zero values are left out.
func dumpVRRP(b *strings.Builder, cfg *Config) {
	v := cfg.VRRP
	if v.StartupDelay != 0 || v.DelayAfterBoot != 0 || !v.Guardian {
		fmt.Fprintf(b, "vrrp startup_delay=%s delay_after_boot=%s guardian=%t\n", v.StartupDelay, v.DelayAfterBoot, v.Guardian)
	}
	if f := fields(v.FIFO); f != "" {
		fmt.Fprintf(b, "fifo%s\n", f)
	}
	for _, i := range v.Instances {
		dumpInstance(b, i)
	}
	for _, g := range v.Groups {
		fmt.Fprintf(b, "vrrp_sync_group %q members=%q priority_changes=%t%s\n", g.Name, g.Members, g.NotifyPriority, fields(g.Notify))
	}
	for _, s := range v.Scripts {
		fmt.Fprintf(b, "vrrp_script %q init_fail=%t\n", s.Name, s.InitFail)
		dumpChecks(b, []healthcheck.Check{s.Check}, cfg.Probes)
	}
	for _, p := range v.Processes {
		fmt.Fprintf(b, "vrrp_track_process%s\n", fields(p))
	}
	for _, c := range v.Checks {
		fmt.Fprintf(b, "track_check %q\n", c.Name)
		dumpChecks(b, c.Checks, cfg.Probes)
	}
	dumpEach(b, "static address", v.Static.Addresses)
	dumpEach(b, "static route", v.Static.Routes)
	dumpEach(b, "static rule", v.Static.Rules)
	for _, name := range slices.Sorted(maps.Keys(v.TrackGroups)) {
		fmt.Fprintf(b, "track_group %q %q\n", name, v.TrackGroups[name])
	}
	dumpEach(b, "key file", cfg.KeyFiles)
}

func dumpChecks(b *strings.Builder, checks []healthcheck.Check, probes []Probe) {
	for _, check := range checks {
		c := check.Spec()
		fmt.Fprintf(b, "  %s %s from=%s every=%s timeout=%s retry=%d/%s rise=%d warmup=%s\n", c.Prober.Kind(), c.Target.Addr, sourceOf(c.Target),
			c.Timing.Interval, c.Timing.Timeout, c.Timing.Retry, c.Timing.RetryDelay, c.Timing.Rise, c.Timing.Warmup)
		if text := questionOf(c.Prober, probes); text != "" {
			fmt.Fprintf(b, "    %s\n", text)
		}
	}
}

func dumpInstance(b *strings.Builder, i VRRPInstance) {
	fmt.Fprintf(b, "vrrp_instance %q priority_changes=%t%s\n", i.Name, i.NotifyPriority, fields(i.Notify))
	c, m := i.Config, i.Master
	fmt.Fprintf(b, "  garp%s\n", fields(c.GARP))
	if c.HMAC != nil {
		fmt.Fprintf(b, "  hmac%s\n", fields(*c.HMAC))
	}
	dumpEach(b, "  peer", c.Peers)
	dumpEach(b, "  tracker", c.Trackers)
	dumpEach(b, "  address", m.Addresses)
	dumpEach(b, "  excluded", m.Excluded)
	dumpEach(b, "  route", m.Routes)
	dumpEach(b, "  rule", m.Rules)
	if m.VMAC != nil {
		fmt.Fprintf(b, "  vmac%s\n", fields(*m.VMAC))
	}
	c.Name, c.GARP, c.HMAC, c.Peers, c.Trackers = "", vrrp.GARP{}, nil, nil, nil
	m.Name, m.Addresses, m.Excluded, m.Routes, m.Rules, m.VMAC = "", nil, nil, nil, nil, nil
	fmt.Fprintf(b, "  config%s\n  master%s\n", fields(c), fields(m))
}

func dumpEach[T any](b *strings.Builder, what string, all []T) {
	for _, one := range all {
		fmt.Fprintf(b, "%s%s\n", what, fields(one))
	}
}

// fields writes the fields of a struct that are not zero.
func fields(v any) string {
	var b strings.Builder
	value := reflect.ValueOf(v)
	for f, field := range value.Fields() {
		if field.IsZero() || f.Name == "At" {
			continue
		}
		fmt.Fprintf(&b, " %s=%s", f.Name, fieldValue(field.Interface()))
	}
	return b.String()
}

func fieldValue(v any) string {
	switch v := v.(type) {
	case string, []string:
		return fmt.Sprintf("%q", v)
	case time.Duration:
		if v == netif.Forever {
			return "forever"
		}
		return v.String()
	case map[uint8][]byte:
		return fmt.Sprintf("%x", v)
	default:
		return fmt.Sprintf("%+v", v)
	}
}
