package doctor

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
)

// checkRivals finds other directors.
func checkRivals(n Needs, f Facts) []Finding {
	var found []Finding
	for _, r := range f.Rivals {
		found = append(found, Finding{
			Severity: Error, Check: "competing_daemon",
			Problem: fmt.Sprintf("%s (pid %d) is running", r.Name, r.Pid),
			Breaks:  "two programs write the IPVS table and the addresses, each undoes what the other has done; ldirector refuses to start",
			See:     fmt.Sprintf("ps -p %d -f", r.Pid),
			Mend:    fmt.Sprintf("systemctl disable --now %s; the table it leaves is taken over without dropping a connection", r.Name),
		})
	}
	return found
}

// checkCapabilities finds privileges that this process, and so a daemon that is
// started like it, lacks.
func checkCapabilities(n Needs, f Facts) []Finding {
	missing := MissingCapabilities(f.Capabilities)
	if len(missing) == 0 {
		return nil
	}
	return []Finding{{
		Severity: Error, Check: "capabilities",
		Problem: "this process has no " + strings.Join(missing, " and no "),
		Breaks:  "neither the IPVS table nor addresses can be changed, and doctor does not see all there is",
		See:     "grep CapEff /proc/self/status",
		Mend:    "run it as root; a container needs --cap-add NET_ADMIN --cap-add NET_RAW and the host's network",
	}}
}

// A wantedModule is one with what it is for.
type wantedModule struct{ name, purpose string }

// modules are those that the configuration needs, each once.
func (n *Needs) modules() []wantedModule {
	var all []wantedModule
	add := func(name, purpose string) {
		if !slices.ContainsFunc(all, func(m wantedModule) bool { return m.name == name }) {
			all = append(all, wantedModule{name, purpose})
		}
	}
	for _, s := range n.Services {
		add("ip_vs", "virtual servers")
		if s.Scheduler != "" && s.Scheduler != ipvs.SchedulerNone {
			add("ip_vs_"+s.Scheduler, "lb_algo = \""+s.Scheduler+"\" ("+s.Name+")")
		}
		if s.Engine != "" {
			add("ip_vs_pe_"+s.Engine, "persistence_engine = \""+s.Engine+"\" ("+s.Name+")")
		}
	}
	if n.Marks {
		add("nf_tables", "match, which sets firewall marks")
	}
	if n.VMAC {
		add("macvlan", "use_vmac")
	}
	return all
}

// checkModules finds kernel modules that are not to be had.
func checkModules(n Needs, f Facts) []Finding {
	var found []Finding
	for _, m := range n.modules() {
		finding := Finding{
			Severity: Error, Check: "module", See: "modprobe " + m.name,
			Breaks: "the kernel refuses " + m.purpose,
		}
		switch state := f.Modules[m.name]; {
		case state == ModuleThere || state == ModuleUnknown:
			continue
		case state == ModuleAbsent:
			finding.Problem = "the running kernel has no module " + m.name
			finding.Mend = "install the package of the running kernel's modules (linux-modules-extra-$(uname -r), kernel-modules), or boot a kernel with CONFIG_" + strings.ToUpper(m.name)
		case state == ModuleBlocked:
			finding.Problem = "modprobe is told not to load " + m.name
			finding.See, finding.Mend = "modprobe --showconfig | grep -w "+m.name, "remove its line \"install "+m.name+" …\" from /etc/modprobe.d/"
		case f.Locked:
			finding.Problem = m.name + " is not loaded, and kernel.modules_disabled forbids to load it"
			finding.See, finding.Mend = "sysctl kernel.modules_disabled", "write "+m.name+" to /etc/modules-load.d/ldirector.conf and reboot"
		default:
			continue
		}
		found = append(found, finding)
	}
	return found
}

// checkReadOnly finds settings that the daemon is to make and cannot.
func checkReadOnly(n Needs, f Facts) []Finding {
	if !f.ReadOnly {
		return nil
	}
	var why []string
	for name := range n.Sysctls {
		why = append(why, "net.ipv4.vs."+name)
	}
	if n.VMAC {
		why = append(why, "what use_vmac needs (arp_ignore, arp_filter, rp_filter, accept_local)")
	}
	for _, rs := range n.Paths {
		if device := f.Routes[rs].Device; device != "" && device != "lo" && rs.Is4() && !f.takesAnswers(device) {
			why = append(why, "accept_local and rp_filter of "+device+" for via")
		}
	}
	if len(why) == 0 {
		return nil
	}
	return []Finding{{
		Severity: Error, Check: "read_only_sysctl",
		Problem: "/proc/sys is read-only here",
		Breaks:  "ldirector cannot set " + listed(why),
		See:     "findmnt /proc/sys",
		Mend:    "run it outside of the container, or in a privileged one; a systemd unit must not have ProtectKernelTunables=yes",
	}}
}

// takesAnswers reports whether an interface lets answers in that come from an
// address of this host, as those to probes with via do.
func (f *Facts) takesAnswers(device string) bool {
	local, _ := f.number("net/ipv4/conf/" + device + "/accept_local")
	all, _ := f.number("net/ipv4/conf/all/accept_local")
	return local|all != 0 && f.effective(device, "rp_filter") != 1
}

// checkClock finds a clock that nobody sets.
func checkClock(n Needs, f Facts) []Finding {
	if f.ClockSynced {
		return nil
	}
	finding := Finding{
		Severity: Warning, Check: "clock",
		Problem: "this host's clock is not synchronised",
		Breaks:  "logs and events of the two directors cannot be compared, and certificates of probes may seem expired or not yet valid",
		See:     "timedatectl",
		Mend:    "install chrony or systemd-timesyncd: timedatectl set-ntp true",
	}
	for _, r := range n.Routers {
		if r.HMAC != nil && !r.HMAC.Monotonic {
			finding.Severity = Error
			finding.Breaks = "auth_hmac of " + r.Name + " refuses advertisements whose time is off: both directors become master"
		}
	}
	return []Finding{finding}
}

// inFlightShare is the part of the descriptors that probes may take, see
// healthcheck.Config.
const inFlightShare = 4

// checkDescriptors finds too few descriptors for the case that all targets are
// silent: then each probe holds one for its whole time-out.
func checkDescriptors(n Needs, f Facts) []Finding {
	const most = 4096 // in any case
	need := 0.0
	for _, p := range n.Probes {
		need += min(1, p.Timeout.Seconds()/max(p.Interval.Seconds(), 0.01))
	}
	have := f.Files / inFlightShare
	if f.Files == 0 || have >= most || need <= float64(have) {
		return nil
	}
	want := min(most, int(need)+1) * inFlightShare
	return []Finding{{
		Severity: Warning, Check: "file_descriptors",
		Problem: fmt.Sprintf("the limit of %d open files allows %d probes at a time; this configuration has up to %d in flight when servers are silent", f.Files, have, int(need)),
		Breaks:  "probes are late when many servers fail at once",
		See:     "grep 'open files' /proc/$(pidof -s ldirector)/limits",
		Mend:    fmt.Sprintf("LimitNOFILE=%d in ldirector's unit (systemctl edit ldirector), or a longer delay_loop", want),
	}}
}

// timeWait is how long the kernel keeps the port of a connection that was closed.
const timeWait = time.Minute

// checkPorts finds targets that are asked so often that the local ports for them
// may be used up.
func checkPorts(n Needs, f Facts) []Finding {
	low, high, ok := strings.Cut(f.Sysctls["net/ipv4/ip_local_port_range"], "\t")
	from, err1 := strconv.Atoi(low)
	to, err2 := strconv.Atoi(high)
	if !ok || err1 != nil || err2 != nil {
		return nil
	}
	ports, used := float64(to-from+1), make(map[string]float64)
	worst, most := "", 0.0
	for _, p := range n.Probes {
		if p.Target.Port() == 0 {
			continue
		}
		target := p.Target.String()
		used[target] += timeWait.Seconds() / max(p.Interval.Seconds(), 0.01)
		if used[target] > most {
			worst, most = target, used[target]
		}
	}
	if most <= ports {
		return nil
	}
	return []Finding{{
		Severity: Warning, Check: "local_ports",
		Problem: fmt.Sprintf("net.ipv4.ip_local_port_range has %d ports; probes of %s alone may use %d a minute", int(ports), worst, int(most)),
		Breaks:  "such probes cannot be sent at times (\"cannot assign requested address\")",
		See:     "sysctl net.ipv4.ip_local_port_range",
		Mend:    setSysctl("net/ipv4/ip_local_port_range", "'10240 60999'") + "; or a longer delay_loop",
	}}
}
