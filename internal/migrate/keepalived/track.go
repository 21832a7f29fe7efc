package keepalived

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/ldirector/ldirector/internal/migrate"
)

// topTable is the top of the file.
func topTable() *table {
	named := func(name, to string, t *table) keyword { return block(name, to+" \"NAME\"", t, labelled(to)) }
	rows := []keyword{
		block("global_defs", "global, ipvs", globalTable(), globalDefs),
		block("virtual_server", "virtual_server \"NAME\"", serviceTable(), virtualServer).with("Names come from the address, such as \"192.0.2.10-80-tcp\", or from the group."),
		list("virtual_server_group", "addresses, ports, fwmark", group),
		block("SSL", "ssl", &table{name: "SSL", to: "ssl", rows: []keyword{same("password", text), none("ca", migrate.Note, "keepalived reads it and verifies nothing. With tls_verify = true and ca it would count."), same("certificate", text), same("key", text)}}, ssl),
		block("vrrp_instance", "vrrp_instance \"NAME\"", instanceTable(), vrrpInstance),
		named("vrrp_sync_group", "vrrp_sync_group", syncGroupTable()),
		named("vrrp_script", "vrrp_script", scriptTable()),
		named("vrrp_track_process", "vrrp_track_process", processTable()),
		named("track_file", "track_file", fileTable("track_file")),
		named("vrrp_track_file", "track_file", fileTable("vrrp_track_file")).with("The old name of track_file."),
		named("track_group", "track_group", &table{name: "track_group", to: "track_group", rows: []keyword{list("group", "group", names("group"))}}),
		named("bfd_instance", "bfd_instance", bfdTable()),
		block("garp_group", "garp_group", &table{name: "garp_group", to: "garp_group", rows: []keyword{
			row("garp_interval", "garp_interval", seconds("garp_interval", 0, time.Hour)),
			row("gna_interval", "gna_interval", seconds("gna_interval", 0, time.Hour)),
			row("interface", "interfaces", oneName("interfaces")), list("interfaces", "interfaces", names("interfaces")),
		}}, into("garp_group")),
		list("linkbeat_interfaces", "", dropList("There is no equivalent: the link's state comes from the kernel at once.")).with("There is no equivalent: the link's state comes from the kernel at once."),
		list("interface_up_down_delays", "interface_up_down_delays", lines("interface_up_down_delays", "interfaces")),
		list("static_ipaddress", "static_ipaddress", staticAddresses),
		list("static_routes", "static_routes", lines("static_routes", "routes")),
		list("static_rules", "static_rules", withPreference(lines("static_rules", "rules"))),
	}
	for _, name := range []string{"net_namespace", "net_namespace_ipvs", "namespace_with_ipsets", "use_pid_dir", "instance", "child_wait_time", "linkbeat_use_polling", "include_check", "reload_file"} {
		rows = append(rows, *globalTable().find(name))
	}
	return &table{rows: rows}
}

// globalDefs writes the block global_defs; comments go where their keywords go.
func globalDefs(c *converter, out *migrate.Body, s *statement) {
	if s.after != "" {
		out.Comment(s.after)
		s.placed = true
	}
	for _, inner := range s.body {
		c.statement(out, inner)
	}
	out.Comment(s.end...)
}

// labelled writes a block with the statement's name as its label.
func labelled(to string) applier {
	return func(c *converter, out *migrate.Body, s *statement) {
		name, ok := c.value(s)
		if !ok || !c.once(out, s, name) {
			return
		}
		c.extra(s, 2)
		outer := c.holder
		c.holder = s
		defer func() { c.holder = outer }()
		c.body(&out.Block(to, []string{name}, c.from(s)).Body, s)
	}
}

// lines writes a block whose one argument has an element for each line.
func lines(name, argument string) applier {
	return func(c *converter, out *migrate.Body, s *statement) {
		b := out.Block(name, nil, c.from(s))
		b.Set(argument, c.list(s, strings.Join), c.implied(s))
		b.Comment(s.end...)
	}
}

// withPreference reports rules whose place among the others keepalived chooses.
func withPreference(apply applier) applier {
	return func(c *converter, out *migrate.Body, s *statement) {
		for _, line := range s.body {
			if !slices.ContainsFunc(line.words, func(w string) bool { return w == "preference" || w == "order" || w == "priority" }) {
				c.report.Add(migrate.Assumption, line.at, s.words[0], "the rule has no preference: keepalived and the kernel choose one. Write preference N.")
			}
		}
		apply(c, out, s)
	}
}

func staticAddresses(c *converter, out *migrate.Body, s *statement) {
	b := out.Block("static_ipaddress", nil, c.from(s))
	elements := c.addresses(s, c.dev)
	for i := range elements {
		if c.dev != "" && !slices.Contains(strings.Fields(elements[i].Text), "dev") {
			elements[i].Text += " dev " + c.dev
		}
	}
	b.Set("addresses", migrate.List(elements...), c.implied(s))
	b.Comment(s.end...)
}

func dropList(remark string) applier {
	return func(c *converter, out *migrate.Body, s *statement) {
		c.drop(out, s, migrate.Note, "%s", remark)
	}
}

// oneName writes a list of one element.
func oneName(name string) applier {
	return func(c *converter, out *migrate.Body, s *statement) {
		if v, ok := c.value(s); ok {
			out.Set(name, migrate.Strings(v), c.from(s))
		}
	}
}

func scriptTable() *table {
	return &table{name: "vrrp_script", to: "vrrp_script", rows: []keyword{
		row("script", "script", command("script")).with("A program that cannot be run counts as failed; in keepalived as good."),
		row("interval", "interval", seconds("interval", time.Millisecond, maxPeriod)),
		row("timeout", "timeout", seconds("timeout", time.Millisecond, maxPeriod)),
		row("weight", "weight", weighted),
		row("rise", "rise", number("rise", 1, math.MaxInt32)), row("fall", "fall", number("fall", 1, math.MaxInt32)),
		same("user", texts), same("init_fail", enabled),
	}}
}

func processTable() *table {
	return &table{name: "vrrp_track_process", to: "vrrp_track_process", rows: []keyword{
		row("process", "process", allWords("process")), same("param_match", text),
		row("weight", "weight", weighted),
		row("quorum", "quorum", number("quorum", 1, 65535)), row("quorum_max", "quorum_max", number("quorum_max", 0, 65535)),
		row("fork_delay", "fork_delay", seconds("fork_delay", 0, time.Hour)),
		row("terminate_delay", "terminate_delay", seconds("terminate_delay", 0, time.Hour)),
		row("delay", "delay", seconds("delay", 0, time.Hour)),
		same("full_command", enabled),
	}}
}

func fileTable(name string) *table {
	return &table{name: name, to: "track_file", rows: []keyword{
		same("file", text), row("weight", "weight", weighted), row("init_file", "init_file", initFile),
	}}
}

// ssl writes SSL, which may have been begun for the probes that it is for.
func ssl(c *converter, out *migrate.Body, s *statement) {
	c.body(&out.One("ssl", c.from(s)).Body, s)
}

// initFile reads "init_file [VALUE] [overwrite]".
func initFile(c *converter, out *migrate.Body, s *statement) {
	words := s.words[1:]
	if len(words) == 0 {
		words = []string{"0"}
	}
	out.Set("init_file", migrate.String(strings.Join(words, " ")), c.from(s))
}

func syncGroupTable() *table {
	return &table{name: "vrrp_sync_group", to: "vrrp_sync_group", rows: slices.Concat(
		[]keyword{
			list("group", "group", names("group")),
			same("sync_group_tracking_weight", enabled),
			row("global_tracking", "sync_group_tracking_weight", globalTracking).with("The old name of sync_group_tracking_weight."),
		},
		trackRows(), notifyCommands("master", "backup", "fault", "stop"),
	)}
}

func globalTracking(c *converter, out *migrate.Body, s *statement) {
	enabled("sync_group_tracking_weight")(c, out, s)
	c.report.Add(migrate.Note, s.at, s.words[0], "the keyword is obsolete; keepalived reads it as sync_group_tracking_weight.")
}

func bfdTable() *table {
	return &table{name: "bfd_instance", to: "bfd_instance", rows: []keyword{
		same("neighbor_ip", text), row("neighbour_ip", "neighbor_ip", text("neighbor_ip")), same("source_ip", text),
		same("min_rx", millis), same("min_tx", millis), same("idle_tx", millis),
		row("multiplier", "multiplier", number("multiplier", 1, 255)), same("passive", enabled),
		row("ttl", "ttl", number("ttl", 1, 255)), row("hoplimit", "hoplimit", number("hoplimit", 1, 255)), row("max_hops", "max_hops", number("max_hops", 0, 255)),
		same("multihop", enabled), row("weight", "weight", weighted), same("vrrp", enabled), same("checker", enabled),
	}}
}

// allWords writes a list with an element for each word behind the keyword.
func allWords(name string) applier {
	return func(c *converter, out *migrate.Body, s *statement) {
		if _, ok := c.value(s); ok {
			out.Set(name, migrate.Strings(s.words[1:]...), c.from(s))
		}
	}
}
