package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/netif"
)

// Gather looks at this host, in the network namespace of the process, and at its
// network: for the time given it asks who has the addresses and listens for
// advertisements. What cannot be looked at is told in Unseen.
func Gather(ctx context.Context, n Needs, listen time.Duration, log *slog.Logger) Facts {
	var f Facts
	f.note("interfaces", f.gatherLinks())
	f.gatherRoutes(n)
	f.gatherSysctls(n)
	f.note("processes", f.gatherRivals(n))
	f.note("capabilities", f.gatherCapabilities())
	if n.Role == Backend {
		f.note("listening sockets", f.gatherListeners())
		return f
	}
	f.note("kernel modules", f.gatherModules(n))
	f.note("firewall", f.gatherFirewall(ctx))
	f.note("clock", f.gatherClock())
	if listen > 0 {
		f.gatherSegment(ctx, n, listen, log)
	}
	return f
}

// note tells of a part that could not be looked at.
func (f *Facts) note(what string, err error) {
	if err != nil {
		f.Unseen = append(f.Unseen, fmt.Sprintf("%s: %v", what, err))
	}
}

// gatherSysctls reads the settings that are looked at.
func (f *Facts) gatherSysctls(n Needs) {
	names := []string{
		"net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding", "net/ipv4/ip_local_port_range",
		"net/bridge/bridge-nf-call-iptables", "net/bridge/bridge-nf-call-ip6tables",
		"net/ipv4/vs/expire_nodest_conn", "net/ipv4/vs/expire_quiescent_template", "net/ipv4/vs/conntrack",
	}
	devices := []string{"all"}
	for _, l := range f.Links {
		devices = append(devices, l.Name)
	}
	for _, d := range devices {
		for _, name := range []string{"rp_filter", "accept_local", "arp_ignore", "arp_announce"} {
			names = append(names, "net/ipv4/conf/"+d+"/"+name)
		}
	}
	f.Sysctls = make(map[string]string, len(names))
	for _, name := range names {
		if value, err := netif.ReadSysctl(name); err == nil { // one that is not there says nothing
			f.Sysctls[name] = value
		}
	}
	f.ReadOnly = errors.Is(unix.Access("/proc/sys/net/ipv4/ip_forward", unix.W_OK), unix.EROFS)
	if _, ok := f.Sysctls["net/ipv4/vs/conntrack"]; n.Role == Director && len(n.Services) > 0 && !ok {
		f.note("sysctls of IPVS", errors.New("ip_vs is not loaded; start ldirector, or modprobe ip_vs"))
	}
}

// gatherRivals looks for other directors, and for how many files a running daemon
// may open.
func (f *Facts) gatherRivals(n Needs) error {
	f.Files = fileLimit(os.Getpid())
	own, err := os.Readlink("/proc/thread-self/ns/net")
	if err != nil {
		return err
	}
	all, err := Processes()
	if err != nil {
		return err
	}
	for _, p := range all {
		if name := p.Rivals(own, len(n.Routers) > 0); name != "" {
			f.Rivals = append(f.Rivals, Rival{Name: name, Pid: p.Pid})
		}
		if p.Netns == own && len(p.Argv) > 1 && filepath.Base(p.Argv[0]) == "ldirector" && p.Argv[1] == "run" {
			f.Files = fileLimit(p.Pid)
		}
	}
	return nil
}

// fileLimit returns how many files a process may open at most, 0 if that is not
// known. Go raises the soft limit to the hard one.
func fileLimit(pid int) uint64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "Max open files"); ok {
			if fields := strings.Fields(rest); len(fields) > 1 {
				limit, _ := strconv.ParseUint(fields[1], 10, 64)
				return limit
			}
		}
	}
	return 0
}

func (f *Facts) gatherCapabilities() error {
	status, err := os.ReadFile("/proc/thread-self/status")
	if err != nil {
		return err
	}
	f.Capabilities, err = Effective(status)
	return err
}

// gatherClock asks the kernel whether somebody keeps the clock right.
func (f *Facts) gatherClock() error {
	var t unix.Timex
	_, err := unix.Adjtimex(&t)
	f.ClockSynced = err != nil || t.Status&unix.STA_UNSYNC == 0
	return err
}

// gatherModules looks for the modules that are needed.
func (f *Facts) gatherModules(n Needs) error {
	f.Modules = make(map[string]ModuleState)
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return err
	}
	dir := "/lib/modules/" + unix.ByteSliceToString(u.Release[:])
	loadable, err := os.ReadFile(dir + "/modules.dep")
	builtin, _ := os.ReadFile(dir + "/modules.builtin") // there or not as modules.dep is
	blocked := modprobeInstalls()
	var unknown []string
	for _, m := range n.modules() {
		_, statErr := os.Stat("/sys/module/" + m.name)
		_, ipvsErr := os.Stat("/proc/net/ip_vs")
		inKernel := statErr == nil || m.name == "ip_vs" && ipvsErr == nil
		f.Modules[m.name] = moduleState(m.name, inKernel, string(loadable), string(builtin), blocked)
		if f.Modules[m.name] == ModuleAbsent && err != nil {
			f.Modules[m.name] = ModuleUnknown
			unknown = append(unknown, m.name)
		}
	}
	locked, _ := netif.ReadSysctl("kernel/modules_disabled")
	f.Locked = locked == "1"
	if len(unknown) > 0 {
		return fmt.Errorf("%s: %w", listed(unknown), err)
	}
	return nil
}

// moduleState tells from the lists of modprobe(8) whether a module can be used.
func moduleState(name string, inKernel bool, loadable, builtin string, blocked map[string]bool) ModuleState {
	has := func(list string) bool {
		for line := range strings.Lines(list) {
			path, _, _ := strings.Cut(strings.TrimSpace(line), ":")
			base, _, _ := strings.Cut(filepath.Base(path), ".ko")
			if strings.ReplaceAll(base, "-", "_") == name {
				return true
			}
		}
		return false
	}
	switch {
	case inKernel || has(builtin):
		return ModuleThere
	case !has(loadable):
		return ModuleAbsent
	case blocked[name]:
		return ModuleBlocked
	default:
		return ModuleLoadable
	}
}

// modprobeInstalls returns the modules for which modprobe.d(5) has a command in
// place of loading that does nothing.
func modprobeInstalls() map[string]bool {
	blocked := make(map[string]bool)
	for _, dir := range []string{"/etc/modprobe.d", "/run/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d"} {
		files, _ := fs.Glob(os.DirFS(dir), "*.conf") // the pattern is good
		for _, name := range files {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				continue
			}
			for line := range strings.Lines(string(text)) {
				w := strings.Fields(line)
				if len(w) >= 3 && w[0] == "install" && (filepath.Base(w[2]) == "false" || filepath.Base(w[2]) == "true") {
					blocked[strings.ReplaceAll(w[1], "-", "_")] = true
				}
			}
		}
	}
	return blocked
}
