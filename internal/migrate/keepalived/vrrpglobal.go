package keepalived

import (
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/ldirector/ldirector/internal/migrate"
)

// An inherited is a keyword of global_defs that every instance gets.
type inherited struct {
	from  *statement
	name  string // of the instance's argument
	value migrate.Value
	plain string // the value, for people
	only  int    // 4, 6: instances of that family; 0: all
}

// vrrpRows are the defaults for VRRP in global_defs.
func vrrpRows() []keyword {
	each := func(name, to string, apply applier) keyword {
		return row(name, to+" in each vrrp_instance", toInstances(to, 0, apply))
	}
	same := func(to string, apply func(string) applier) keyword { return each("vrrp_"+to, to, apply(to)) }
	long := func(to string) applier { return seconds(to, 0, maxPeriod) }
	many := func(to string) applier { return number(to, 0, math.MaxInt32) }
	return slices.Concat([]keyword{
		each("vrrp_version", "version", number("version", 2, 3)),
		row("vrrp_mcast_group4", "mcast_dst_ip in each vrrp_instance", toInstances("mcast_dst_ip", 4, text("mcast_dst_ip"))),
		row("vrrp_mcast_group6", "mcast_dst_ip in each vrrp_instance", toInstances("mcast_dst_ip", 6, text("mcast_dst_ip"))),
		same("garp_master_delay", long), same("garp_master_repeat", many),
		same("garp_master_refresh", long), same("garp_master_refresh_repeat", many),
		same("garp_lower_prio_delay", long), same("garp_lower_prio_repeat", many),
		row("vrrp_garp_interval", "garp_interval in each vrrp_instance", toInstances("garp_interval", 0, long("garp_interval"))),
		row("vrrp_gna_interval", "gna_interval in each vrrp_instance", toInstances("gna_interval", 0, long("gna_interval"))),
		row("vrrp_min_garp", "garp_master_repeat = 1, garp_master_delay = 0s in each vrrp_instance", minGARP),
		each("vrrp_garp_extra_if", "garp_extra_if", garpExtraIf),
		each("vrrp_vmac_garp_intvl", "garp_extra_if", garpExtraIf).with("The old name of vrrp_garp_extra_if."),
		each("vrrp_down_timer_adverts", "down_timer_adverts", number("down_timer_adverts", 1, 100)),
		same("lower_prio_no_advert", boolean), same("higher_prio_send_advert", boolean),
		each("v3_checksum_as_v2", "v3_checksum_as_v2", boolean("v3_checksum_as_v2")),
		same("check_unicast_src", enabled), same("skip_check_adv_addr", boolean),
		each("vrrp_strict", "strict_mode", boolean("strict_mode")),
		same("owner_ignore_adverts", boolean), same("notify_priority_changes", boolean),
		row("vrrp_startup_delay", "vrrp_startup_delay", inGlobal(long("vrrp_startup_delay"))),
		row("vrrp_delay_after_boot", "vrrp_delay_after_boot", inGlobal(long("vrrp_delay_after_boot"))),
	}, firewallRows())
}

func firewallRows() []keyword {
	return slices.Concat(
		nones(migrate.Note, "There is no equivalent: what is needed is done with nftables, in a table of its own.",
			"vrrp_iptables", "vrrp_ipsets", "nftables", "nftables_priority", "nftables_counters", "nftables_ifindex"),
		nones(migrate.Unsupported, "There is no equivalent: write the sysctl net.ipv4.igmp_link_local_mcast_reports=0.", "disable_local_igmp"),
	)
}

// toInstances notes what apply would write, for every instance.
func toInstances(name string, only int, apply applier) applier {
	return func(c *converter, out *migrate.Body, s *statement) {
		var scratch migrate.Body
		apply(c, &scratch, s)
		if v, ok := scratch.Value(name); ok {
			c.setDefault(inherited{from: s, name: name, value: v, plain: v.String(), only: only})
		}
		c.quote(out, s, "keepalived: ")
	}
}

// setDefault adds a default; the last one of a name counts.
func (c *converter) setDefault(d inherited) {
	c.defaults = append(slices.DeleteFunc(c.defaults, func(old inherited) bool { return old.name == d.name && old.only == d.only }), d)
}

func minGARP(c *converter, out *migrate.Body, s *statement) {
	if on, ok := c.boolean(s); ok && on {
		c.setDefault(inherited{from: s, name: "garp_master_repeat", value: migrate.Number(1), plain: "1"})
		c.setDefault(inherited{from: s, name: "garp_master_delay", value: migrate.Duration(0), plain: `"0s"`})
	}
	c.quote(out, s, "keepalived: ")
}

// garpExtraIf reads "[all] SECONDS".
func garpExtraIf(c *converter, out *migrate.Body, s *statement) {
	at := 1
	if s.arg(1) == "all" {
		at = 2
	}
	d, ok := c.seconds(s, at, 0, 24*time.Hour)
	if !ok {
		return
	}
	out.Set("garp_extra_if", migrate.Duration(d), c.from(s))
	if at == 2 {
		out.Set("garp_extra_if_all", migrate.Bool(true), c.implied(s))
	}
}

// standardGroup tells whether a multicast group is VRRP's own.
func standardGroup(text string) bool {
	addr, err := netip.ParseAddr(text)
	return err == nil && (addr == netip.MustParseAddr("224.0.0.18") || addr == netip.MustParseAddr("ff02::12"))
}

// inherit writes the defaults of global_defs that an instance does not have
// itself, and that are not ldirector's own.
func (c *converter) inherit(b *migrate.Block, s *statement, family int) {
	own := map[string]string{"version": "2", "garp_master_delay": `"5s"`, "garp_master_repeat": "5", "check_unicast_src": "true"}
	for _, d := range c.defaults {
		if b.Has(d.name) || d.only != 0 && d.only != family {
			continue
		}
		if d.name == "mcast_dst_ip" && c.unicast() || strings.HasSuffix(d.name, "_interval") && c.inGARPGroup(s) {
			continue // without effect in keepalived
		}
		if d.name == "strict_mode" && d.plain == "true" && c.unicast() {
			c.strictUnicast(&b.Body, d.from)
			continue
		}
		if d.plain == own[d.name] || d.name == "mcast_dst_ip" && standardGroup(d.from.arg(1)) {
			continue
		}
		c.explain(s, "%s = %s comes from %s in global_defs (%s).", d.name, d.plain, d.from.words[0], d.from.at)
		from := c.implied(d.from)
		if d.name == "mcast_dst_ip" {
			from.Essential = deaf
		}
		b.Set(d.name, d.value, from)
	}
}

// inGARPGroup tells whether the interface of an instance is in a garp_group,
// whose intervals count.
func (c *converter) inGARPGroup(s *statement) bool {
	device := s.last("interface")
	return device != nil && c.garp[device.arg(1)]
}

// noteGARPGroup notes the interfaces of a garp_group.
func (c *converter) noteGARPGroup(s *statement) {
	for _, inner := range s.body {
		switch {
		case inner.row == nil:
		case inner.row.name == "interface":
			c.garp[inner.arg(1)] = true
		case inner.row.name == "interfaces":
			for _, line := range inner.body {
				for _, name := range line.words {
					c.garp[name] = true
				}
			}
		}
	}
}
