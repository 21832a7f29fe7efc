package keepalived

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/ldirector/ldirector/internal/migrate"
)

// instanceTable is vrrp_instance.
func instanceTable() *table {
	return &table{name: "vrrp_instance", to: "vrrp_instance", rows: slices.Concat(
		[]keyword{
			row("state", "state", nothing).with("A word in lower case is BACKUP to keepalived: the import writes that."),
			same("interface", text),
			row("virtual_router_id", "virtual_router_id", number("virtual_router_id", 1, 255)),
			row("priority", "priority", nothing).with("Without it keepalived takes 100, with state MASTER 255: the import writes it."),
			row("version", "version", nothing).with("IPv6 is always version 3: the import writes it."),
			row("advert_int", "advert_int", nothing).with("keepalived rounds to what the version can say; so does the import."),
			block("authentication", "authentication", &table{name: "authentication", to: "authentication", rows: []keyword{
				row("auth_type", "auth_type", text("auth_type")).with("AH is not supported."),
				row("auth_pass", "auth_pass", nothing).with("keepalived cuts it off behind 8 bytes; so does the import."),
			}}, authentication),
			block("auth_hmac", "auth_hmac", hmacTable(), essential(into("auth_hmac"))),
			list("virtual_ipaddress", "virtual_ipaddress", virtualAddresses),
			list("virtual_ipaddress_excluded", "virtual_ipaddress_excluded", virtualAddresses),
			same("no_virtual_ipaddress", enabled),
			list("virtual_routes", "virtual_routes", items("virtual_routes")),
			list("virtual_rules", "virtual_rules", withPreference(items("virtual_rules"))),
			row("nopreempt", "nopreempt", nothing).with("keepalived clears it with state MASTER and priority 255; so does the import."),
			none("preempt", migrate.Note, "It is the default here too."),
			row("preempt_delay", "preempt_delay", seconds("preempt_delay", 0, 1000*time.Second)),
		},
		unicastRows(), trackRows(), interfaceRows(), garpRows(), notifyCommands("master", "backup", "fault", "stop", "master_rx_lower_pri"),
		[]keyword{row("notify_deleted", "notify_deleted", notifyDeleted)},
		legacyRows(),
	)}
}

func unicastRows() []keyword {
	return []keyword{
		row("unicast_src_ip", "unicast_src_ip, mcast_src_ip", sourceAddress).with("They are the same to keepalived; the import writes the one that belongs to peers or to a group."),
		row("mcast_src_ip", "mcast_src_ip, unicast_src_ip", sourceAddress),
		row("mcast_dst_ip", "mcast_dst_ip", multicastGroup),
		list("unicast_peer", "unicast_peer", unicastPeer),
		row("unicast_ttl", "unicast_ttl", withPeers(number("unicast_ttl", 1, 255))),
		row("unicast_fault_no_peer", "unicast_fault_no_peer", faultWithoutPeer),
		row("track_src_ip", "track_src_ip", trackSource),
		same("old_unicast_checksum", anyWords),
		row("check_unicast_src", "check_unicast_src", enabled("check_unicast_src")).with("It is on here without being written."), same("skip_check_adv_addr", boolean),
		row("v3_checksum_as_v2", "v3_checksum_as_v2", boolean("v3_checksum_as_v2")),
	}
}

// trackRows are for vrrp_instance and vrrp_sync_group.
func trackRows() []keyword {
	return []keyword{
		list("track_interface", "track_interface", trackInterface),
		list("track_script", "track_script", items("track_script")),
		list("track_file", "track_file", items("track_file")),
		list("track_process", "track_process", items("track_process")),
		list("track_bfd", "track_bfd", items("track_bfd")),
	}
}

func interfaceRows() []keyword {
	return []keyword{
		same("dont_track_primary", enabled),
		row("use_vmac", "use_vmac", useVMAC).with("With unicast peers keepalived adds vmac_xmit_base; so does the import."), same("vmac_xmit_base", enabled), same("use_vmac_addr", enabled), same("use_ipvlan", anyWords),
		same("accept", enabled), same("no_accept", enabled), same("promote_secondaries", enabled), same("vrf", text),
		row("strict_mode", "strict_mode", strictMode).with("With unicast peers the import writes what it implies, as the standard has no unicast."), same("owner_ignore_adverts", boolean),
		same("timer_expired_backup", anyWords),
		row("thread_timer_expired", "timer_expired_backup", anyWords("timer_expired_backup")).with("The old name of timer_expired_backup."),
		none("kernel_rx_buf_size", migrate.Note, "There is no equivalent: the size of socket buffers is not configured."),
	}
}

func garpRows() []keyword {
	long := func(to string) applier { return seconds(to, 0, time.Hour) }
	many := func(to string) applier { return number(to, 0, math.MaxInt32) }
	return []keyword{
		same("garp_master_delay", long), same("garp_master_repeat", many),
		same("garp_master_refresh", long), same("garp_master_refresh_repeat", many),
		same("garp_lower_prio_delay", long), same("garp_lower_prio_repeat", many),
		row("garp_extra_if", "garp_extra_if", garpExtraIf),
		row("vmac_garp_intvl", "garp_extra_if", garpExtraIf).with("The old name of garp_extra_if."),
		row("down_timer_adverts", "down_timer_adverts", number("down_timer_adverts", 1, 100)),
		same("lower_prio_no_advert", boolean), same("higher_prio_send_advert", boolean),
	}
}

// notifyCommands are the commands for changes of state, and what goes with them.
func notifyCommands(states ...string) []keyword {
	var rows []keyword
	for _, state := range states {
		rows = append(rows, same("notify_"+state, command))
	}
	return append(rows, same("notify", command), same("notify_priority_changes", boolean), same("smtp_alert", boolean))
}

// notifyDeleted reads "notify_deleted [CMD]".
func notifyDeleted(c *converter, out *migrate.Body, s *statement) {
	if len(s.words) == 1 {
		c.drop(out, s, migrate.Note, "an instance that a reload removes is told of as DELETED in any case.")
		return
	}
	command("notify_deleted")(c, out, s)
}

func legacyRows() []keyword {
	return slices.Concat(
		nones(migrate.Note, "It has no effect in keepalived.", "native_ipv6", "debug"),
		nones(migrate.Note, "There is no equivalent: the link's state comes from the kernel at once.", "linkbeat_use_polling"),
		[]keyword{row("lvs_sync_daemon_interface", "ipvs { sync_daemon { … } }", oldSyncDaemon)},
	)
}

func hmacTable() *table {
	return &table{name: "auth_hmac", to: "auth_hmac", rows: []keyword{
		row("key", "key \"ID\" { value }", hmacKey), row("active_key", "active_key", number("active_key", 0, 255)),
		same("anti_replay", text), row("time_window", "time_window", seconds("time_window", time.Second, 300*time.Second)), same("mode", text),
	}}
}

// essential is for what an instance needs to hear the other members.
func essential(apply applier) applier {
	return func(c *converter, out *migrate.Body, s *statement) {
		c.essential = deaf
		apply(c, out, s)
		c.essential = ""
	}
}

const deaf = "it would not hear the other members, and they would all be masters"

// unicast tells whether the instance being written has peers.
func (c *converter) unicast() bool {
	peers := c.holder.last("unicast_peer")
	return peers != nil && len(peers.body) > 0
}

func sourceAddress(c *converter, out *migrate.Body, s *statement) {
	name := "mcast_src_ip"
	if c.unicast() {
		name = "unicast_src_ip"
	}
	text(name)(c, out, s)
}

// useVMAC writes use_vmac and, where keepalived does, vmac_xmit_base.
func useVMAC(c *converter, out *migrate.Body, s *statement) {
	anyWords("use_vmac")(c, out, s)
	if c.unicast() && c.holder.last("vmac_xmit_base") == nil {
		c.assume(s, "unicast with a virtual MAC needs vmac_xmit_base. keepalived adds it, and so does the import.")
		out.Set("vmac_xmit_base", migrate.Bool(true), c.implied(s))
	}
}

func strictMode(c *converter, out *migrate.Body, s *statement) {
	on, ok := c.boolean(s)
	switch {
	case ok && on && c.unicast():
		c.quote(out, s, "keepalived: ")
		c.strictUnicast(out, s)
	case ok:
		out.Set("strict_mode", migrate.Bool(on), c.from(s))
	}
}

// strictUnicast writes what strict mode implies beside unicast, which the
// standard does not have.
func (c *converter) strictUnicast(out *migrate.Body, s *statement) {
	c.assume(s, "the standard that it asks for has no unicast. The import writes what it implies in place of it.")
	from := c.implied(s)
	if p := c.holder.last("priority"); p == nil || p.arg(1) != itoa(ownerPriority) {
		out.Set("no_accept", migrate.Bool(true), from)
	}
	out.Set("lower_prio_no_advert", migrate.Bool(true), from)
	out.Set("higher_prio_send_advert", migrate.Bool(false), from)
	out.Set("owner_ignore_adverts", migrate.Bool(true), from)
	out.Set("garp_lower_prio_repeat", migrate.Number(0), from)
}

// withPeers is for what has no effect without peers.
func withPeers(apply applier) applier {
	return func(c *converter, out *migrate.Body, s *statement) {
		if !c.unicast() {
			c.drop(out, s, migrate.Assumption, "there is no unicast_peer, so it has no effect. It is left out.")
			return
		}
		apply(c, out, s)
	}
}

func faultWithoutPeer(c *converter, out *migrate.Body, s *statement) {
	c.essential = "keepalived would keep it in the state FAULT"
	enabled("unicast_fault_no_peer")(c, out, s)
	c.essential = ""
}

// trackSource writes track_src_ip, which is about a source that is written.
func trackSource(c *converter, out *migrate.Body, s *statement) {
	if c.holder.last("unicast_src_ip", "mcast_src_ip") == nil {
		c.drop(out, s, migrate.Assumption, "no source address is written, so it has no effect. It is left out.")
		return
	}
	enabled("track_src_ip")(c, out, s)
}

func multicastGroup(c *converter, out *migrate.Body, s *statement) {
	if c.unicast() {
		c.drop(out, s, migrate.Assumption, "the instance has unicast peers, so it has no effect. It is left out.")
		return
	}
	if standardGroup(s.arg(1)) {
		c.drop(out, s, migrate.Note, "it is VRRP's own group, the default.")
		return
	}
	essential(text("mcast_dst_ip"))(c, out, s)
}

func unicastPeer(c *converter, out *migrate.Body, s *statement) {
	if len(s.body) == 0 {
		c.drop(out, s, migrate.Assumption, "it has no peers. keepalived uses multicast then, and so does the import.")
		return
	}
	essential(items("unicast_peer"))(c, out, s)
}

// hmacKey reads "ID VALUE".
func hmacKey(c *converter, out *migrate.Body, s *statement) {
	if len(s.words) < 3 {
		c.report.Add(migrate.Error, s.at, s.words[0], "key needs a number and a value.")
		return
	}
	out.Block("key", []string{s.words[1]}, c.from(s)).Set("value", migrate.String(s.words[2]), c.implied(s))
}

// into writes a block of that name without a label.
func into(name string) applier {
	return func(c *converter, out *migrate.Body, s *statement) {
		c.body(&out.Block(name, nil, c.from(s)).Body, s)
	}
}

// anyWords writes the words as one string; without any, true.
func anyWords(name string) applier {
	return func(c *converter, out *migrate.Body, s *statement) {
		if len(s.words) == 1 {
			out.Set(name, migrate.Bool(true), c.from(s))
			return
		}
		out.Set(name, migrate.String(strings.Join(s.words[1:], " ")), c.from(s))
	}
}

func oldSyncDaemon(c *converter, out *migrate.Body, s *statement) {
	device, ok := c.value(s)
	if !ok {
		return
	}
	daemon := c.doc.One("ipvs", c.implied(s)).One("sync_daemon", c.implied(s))
	if daemon.Has("interface") {
		c.drop(out, s, migrate.Assumption, "there is one sync daemon on a host, and it has an interface already.")
		return
	}
	daemon.Set("interface", migrate.String(device), c.from(s))
	daemon.Set("vrrp_instance", migrate.String(c.holder.arg(1)), c.implied(s))
	c.report.Add(migrate.Note, s.at, s.words[0], "the keyword is obsolete; it becomes the block sync_daemon in ipvs.")
}

// vrrpInstance writes a vrrp_instance.
func vrrpInstance(c *converter, out *migrate.Body, s *statement) {
	name, ok := c.value(s)
	if !ok || !c.once(out, s, name) {
		return
	}
	if s.last("virtual_router_id") == nil {
		c.report.Add(migrate.Error, s.at, s.words[0], "%s has no virtual_router_id. Write one from 1 to 255.", name)
	}
	outer := c.holder
	c.holder = s
	defer func() { c.holder = outer }()
	i := &instance{c: c, s: s, out: out.Block("vrrp_instance", []string{name}, c.from(s))}
	i.decide()
	c.version = i.version
	for _, inner := range s.body {
		if inner.row != nil && i.special(inner) {
			continue
		}
		c.statement(&i.out.Body, inner)
	}
	i.own()
	c.inherit(i.out, s, i.family)
	i.out.Comment(s.end...)
}
