package keepalived

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/ldirector/ldirector/internal/migrate"
)

// globalTable is global_defs: sections on identity, mail, files and processes.
func globalTable() *table {
	return &table{name: "global_defs", to: "global", rows: slices.Concat(
		[]keyword{
			row("router_id", "router_id", inGlobal(text("router_id"))),
			row("script_user", "script_user", scriptUser).with("The group is not used: scripts get the user's own."),
			row("dynamic_interfaces", "dynamic_interfaces", inGlobal(anyWords("dynamic_interfaces"))),
			row("default_interface", "dev in static_ipaddress", defaultInterface),
			row("vmac_prefix", "vmac_prefix", inGlobal(text("vmac_prefix"))),
			row("vmac_addr_prefix", "vmac_addr_prefix", inGlobal(text("vmac_addr_prefix"))),
		},
		mailRows(), lvsRows(), vrrpRows(), notifyRows(), processRows(), globalRows(),
	)}
}

// inGlobal writes into the block global.
func inGlobal(apply applier) applier {
	return func(c *converter, out *migrate.Body, s *statement) {
		apply(c, &out.One("global", c.implied(s)).Body, s)
	}
}

// inEmail writes into the block email of global.
func inEmail(apply applier) applier {
	return inGlobal(func(c *converter, out *migrate.Body, s *statement) {
		email := out.One("email", c.implied(s))
		email.Gathered = true
		apply(c, &email.Body, s)
	})
}

func mailRows() []keyword {
	email := func(name, to string, apply func(string) applier) keyword {
		return row(name, "email { "+to+" }", inEmail(apply(to)))
	}
	to := list("notification_email", "email { to }", inEmail(recipients))
	server := row("smtp_server", "email { smtp_server }", inEmail(smtpServer)).with("ldirector uses STARTTLS if the server offers it, keepalived never.")
	return []keyword{
		to,
		row("notification_email_from", "email { from }", inEmail(sender)),
		server,
		email("smtp_helo_name", "helo_name", text),
		row("smtp_connect_timeout", "email { connect_timeout }", inEmail(seconds("connect_timeout", 0, time.Hour))),
		email("smtp_alert", "smtp_alert", boolean),
		email("smtp_alert_vrrp", "smtp_alert_vrrp", boolean),
		email("smtp_alert_checker", "smtp_alert_checker", boolean),
		email("no_email_faults", "no_email_faults", enabled),
		none("no_checker_emails", migrate.Note, "It is always so: there is mail about real servers, and none about a check that does not change them."),
	}
}

// recipients reads addresses, of which each may have a name before it.
func recipients(c *converter, out *migrate.Body, s *statement) {
	for _, i := range s.body {
		var all []string
		for n, word := range i.words {
			if n > 0 && strings.HasPrefix(word, "<") {
				all[len(all)-1] += " " + word
			} else {
				all = append(all, word)
			}
		}
		for n, text := range all {
			all[n] = c.mailAddress(s, text)
		}
		i.words = all
	}
	names("to")(c, out, s)
}

// sender reads one address.
func sender(c *converter, out *migrate.Body, s *statement) {
	if v, ok := c.value(s); ok {
		out.Set("from", migrate.String(c.mailAddress(s, v)), c.from(s))
	}
}

func (c *converter) mailAddress(s *statement, text string) string {
	address, local := migrate.MailAddress(text)
	if local {
		c.report.Add(migrate.Assumption, s.at, s.words[0], migrate.LocalMail, text, address)
	}
	return address
}

// smtpServer reads "HOST [PORT]".
func smtpServer(c *converter, out *migrate.Body, s *statement) {
	host, ok := c.value(s)
	if !ok {
		return
	}
	port := int64(25)
	if len(s.words) > 2 {
		if n, ok := c.number(s, 2, 1, 65535); ok {
			port = n
		}
	}
	out.Set("smtp_server", migrate.String(withPort(host, uint16(port))), c.from(s))
}

// scriptUser reads "USER [GROUP]".
func scriptUser(c *converter, out *migrate.Body, s *statement) {
	user, ok := c.value(s)
	if !ok {
		return
	}
	user, group, _ := strings.Cut(user, ":")
	if group = strings.TrimPrefix(join(group, strings.Join(s.words[2:], " ")), ":"); group != "" {
		c.report.Add(migrate.Unsupported, s.at, s.words[0], "scripts run with the groups of the user %s, not with the group %s.", user, group)
	}
	out.One("global", c.implied(s)).Set("script_user", migrate.String(user), c.from(s))
}

func defaultInterface(c *converter, out *migrate.Body, s *statement) {
	if v, ok := c.value(s); ok {
		c.dev = v
		c.drop(out, s, migrate.Note, "it is written out where it matters: as dev %s behind static addresses without an interface.", v)
	}
}

func notifyRows() []keyword {
	var rows []keyword
	for _, name := range []string{"notify_fifo", "vrrp_notify_fifo", "lvs_notify_fifo"} {
		rows = append(rows,
			row(name, name, inGlobal(fifo(name))),
			row(name+"_script", name+"_script", inGlobal(command(name+"_script"))))
	}
	return append(rows, none("fifo_write_vrrp_states_on_reload", migrate.Note, "There is no equivalent: ldirector status tells the states at any time."))
}

// fifo reads "PATH [user [group]]".
func fifo(name string) applier {
	return func(c *converter, out *migrate.Body, s *statement) {
		v, ok := c.value(s)
		if !ok {
			return
		}
		if len(s.words) > 2 {
			c.report.Add(migrate.Unsupported, s.at, s.words[0], "the FIFO belongs to the daemon's user, not to %s.", strings.Join(s.words[2:], " "))
		}
		out.Set(name, migrate.String(v), c.from(s))
	}
}

// processRows are about keepalived's processes, which are not here.
func processRows() []keyword {
	var names []string
	for _, p := range []string{"vrrp", "checker", "bfd"} {
		for _, name := range []string{"priority", "rt_priority", "no_swap", "cpu_affinity", "rlimit_rttime", "rlimit_rtime"} {
			names = append(names, p+"_"+name)
		}
	}
	names = append(names, "max_auto_priority", "min_auto_priority_delay")
	buffers := []string{"process_monitor_rcv_bufs", "process_monitor_rcv_bufs_force", "vrrp_rx_bufs_policy", "vrrp_rx_bufs_multiplier"}
	for _, p := range []string{"vrrp_netlink_cmd", "vrrp_netlink_monitor", "lvs_netlink_cmd", "lvs_netlink_monitor"} {
		buffers = append(buffers, p+"_rcv_bufs", p+"_rcv_bufs_force")
	}
	return slices.Concat(
		nones(migrate.Note, "There is one process without such settings. Nice=, CPUSchedulingPolicy= and CPUAffinity= of its systemd unit do the same.", names...),
		nones(migrate.Note, "There is no equivalent: the size of socket buffers is not configured.", buffers...),
		nones(migrate.Note, "There is no equivalent: there is one process, and it has its own name.",
			"process_names", "process_name", "vrrp_process_name", "checker_process_name", "bfd_process_name", "lvs_process_name", "child_wait_time"),
	)
}

// globalRows have no equivalent.
func globalRows() []keyword {
	const unit = "There is no equivalent. Use ExecStartPre= and ExecStopPost= of the systemd unit."
	const snmp = "There is no SNMP. The same numbers are in ldirector status --json."
	const dump = "There are no dump files. Use ldirector status --json."
	return slices.Concat(
		nones(migrate.Unsupported, unit, "startup_script", "shutdown_script", "startup_script_timeout", "shutdown_script_timeout"),
		nones(migrate.Unsupported, "There is no equivalent.", "rs_init_notifies"),
		nones(migrate.Note, "There is no equivalent: the log has every change with its reason, ldirector status the last reason.", "checker_log_all_failures"),
		nones(migrate.Note, "Scripts run as script_user. See that only root can write to them.", "enable_script_security", "use_symlink_paths", "set_supplementary_groups"),
		nones(migrate.Note, "There is no equivalent: no files of that kind are written.", "umask", "tmp_config_directory", "config_save_dir", "random_seed", "data_use_instance", "use_pid_dir"),
		nones(migrate.Note, "There is no equivalent.", "iproute_usr_dir", "iproute_etc_dir", "log_unknown_vrids", "namespace_with_ipsets", "linkbeat_use_polling"),
		nones(migrate.Note, "A reload always checks the new configuration first, and keeps the old one if it is bad.", "reload_check_config"),
		nones(migrate.Unsupported, "There is no equivalent: start ldirector reload by a timer.", "reload_time_file", "reload_repeat", "reload_file"),
		nones(migrate.Note, "It is respected by the import; ldirector itself has no include.", "include_check"),
		nones(migrate.Note, dump, "state_dump_file", "stats_dump_file", "json_dump_file", "json_version",
			"state_dump_file_location", "stats_dump_file_location", "json_dump_file_location"),
		nones(migrate.Unsupported, "There is no equivalent: run one daemon for each, with its own --config and api { listen }.", "instance"),
		nones(migrate.Unsupported, "There is no equivalent: start the daemon inside the namespace, NetworkNamespacePath= in its systemd unit.", "net_namespace", "net_namespace_ipvs"),
		nones(migrate.Unsupported, snmp, "enable_snmp_vrrp", "enable_snmp_checker", "enable_snmp_rfc", "enable_snmp_rfcv2", "enable_snmp_rfcv3",
			"enable_traps", "snmp_socket", "enable_snmp_keepalived", "snmp_vs_stats_update_interval", "snmp_rs_stats_update_interval"),
		nones(migrate.Unsupported, "There is no D-Bus interface. Use ldirector status --json.", "enable_dbus", "dbus_service_name", "dbus_no_interface_name"),
	)
}

// withPort writes host and port, with brackets around IPv6.
func withPort(host string, port uint16) string {
	if addr, err := netip.ParseAddr(host); err == nil {
		return netip.AddrPortFrom(addr, port).String()
	}
	return host + ":" + itoa(int64(port))
}
